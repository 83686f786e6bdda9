#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.hpp"

namespace base {

/// Writes UTC timestamps with milliseconds (RFC 3339, section 5.6): 2026-11-23T16:23:25.042Z.
/// Keeps the text of the last second, so that a busy log pays for three digits. Not shared.
class Rfc3339 {
 public:
  static constexpr std::size_t kLength = 24;

  /// Writes kLength bytes and returns the end.
  char* write(char* out, WallClock::time_point time);

 private:
  std::int64_t second_ = INT64_MIN;
  std::array<char, 20> text_{};  // 2026-11-23T16:23:25.
};

}  // namespace base
