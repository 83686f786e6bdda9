#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace config {

/// `3` and `0.5` are seconds; `500ms`, `10s`, `5m`, `1.5h` say their unit. Rounded to
/// milliseconds; nullopt also for negative ones and those over 10 years.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// `65536` is bytes; `64k`, `64KiB`, `32MiB`, `1GiB` are powers of 1024, in any letter case. kB and
/// MB are refused: half of their users mean 1000.
std::optional<std::size_t> parse_size(std::string_view text);

/// Decimal digits alone.
std::optional<std::uint64_t> parse_whole(std::string_view text);

}  // namespace config
