#pragma once

#include <array>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

#include "metrics/cell.hpp"

namespace metrics {

/// Upper bounds in seconds. An answer of a language model takes from milliseconds (an embedding)
/// to many minutes (a long stream), hence the span.
inline constexpr std::array kDurationBounds = {0.005, 0.01, 0.025, 0.05, 0.1,  0.25,  0.5,   1.0,
                                               2.5,   5.0,  10.0,  30.0, 60.0, 120.0, 300.0, 600.0};
inline constexpr std::array kFirstTokenBounds = {
    0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0, 12.0, 30.0, 60.0, 120.0, 300.0};

/// Counts observations by fixed bounds. Single writer, any reader (see cell.hpp).
class Histogram {
 public:
  static constexpr std::size_t kMaxBounds = 16;

  /// `bounds` ascend and live as long as the program.
  explicit constexpr Histogram(std::span<const double> bounds) : bounds_(bounds) {
    assert(bounds.size() <= kMaxBounds);
  }

  void observe(double seconds) {
    // Without a branch to mispredict: the compiler makes vector compares of it.
    std::size_t bucket = 0;
    for (const double bound : bounds_)
      bucket += static_cast<std::size_t>(seconds > bound);
    buckets_[bucket].add();
    sum_.store(sum_.load(std::memory_order_relaxed) + seconds, std::memory_order_relaxed);
  }

  [[nodiscard]] std::span<const double> bounds() const { return bounds_; }
  /// Observations in (bounds[i-1], bounds[i]]; i == bounds().size() is all beyond the last bound.
  [[nodiscard]] std::uint64_t bucket(std::size_t i) const { return buckets_[i].value(); }
  [[nodiscard]] double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  std::span<const double> bounds_;
  std::array<Counter, kMaxBounds + 1> buckets_;
  std::atomic<double> sum_ = 0;
};

}  // namespace metrics
