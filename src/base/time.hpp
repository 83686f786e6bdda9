#pragma once

#include <chrono>

namespace base {

/// Monotonic time. Pure code takes it as an argument; only src/io/ and main read the clock.
using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;
using Duration = Clock::duration;

/// Wall time, for logs and HTTP dates only: it may jump.
using WallClock = std::chrono::system_clock;

inline constexpr Instant kNever = Instant::max();

inline double seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

}  // namespace base
