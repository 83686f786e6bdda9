#pragma once

#include <cstdint>

namespace base {

/// xoshiro-class quality is not needed for jitter and ids: SplitMix64 (Steele, Lea, Flood,
/// OOPSLA 2014) is one add and three multiplies. Worker-local; seeded from the outside, so that a
/// run can be repeated.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }

  /// Uniform in [0, 1).
  double unit() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

 private:
  std::uint64_t state_;
};

}  // namespace base
