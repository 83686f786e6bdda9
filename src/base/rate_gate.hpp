#pragma once

#include <atomic>

#include "base/time.hpp"

namespace base {

/// Lets one of many repeated messages through per interval ("once per second").
/// Shared: any thread may ask. Pure: the time comes in as an argument.
class RateGate {
 public:
  explicit RateGate(Duration interval) : interval_(interval.count()) {}

  /// True for the first caller and then once per interval, counted from the last true.
  bool allow(Instant now) {
    const auto tick = now.time_since_epoch().count();
    auto next = next_.load(std::memory_order_relaxed);
    if (tick < next) return false;
    return next_.compare_exchange_strong(next, tick + interval_, std::memory_order_relaxed);
  }

 private:
  const Duration::rep interval_;
  std::atomic<Duration::rep> next_ = Instant::min().time_since_epoch().count();
};

}  // namespace base
