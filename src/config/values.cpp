#include "config/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace config {
namespace {

constexpr double kLongestMilliseconds = 10.0 * 365 * 24 * 3600 * 1000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

struct DurationUnit {
  std::string_view suffix;
  double milliseconds;
};
constexpr std::array<DurationUnit, 5> kDurationUnits = {
    {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};

bool equal_folded(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, {}, [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
}

std::optional<unsigned> size_shift(std::string_view suffix) {
  if (suffix.empty()) return 0;
  if (equal_folded(suffix, "k") || equal_folded(suffix, "kib")) return 10;
  if (equal_folded(suffix, "m") || equal_folded(suffix, "mib")) return 20;
  if (equal_folded(suffix, "g") || equal_folded(suffix, "gib")) return 30;
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  // from_chars alone would take `-1`, `inf` and `nan` as well.
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc{}) return std::nullopt;

  const std::string_view suffix(rest, static_cast<std::size_t>(end - rest));
  const auto* unit = std::ranges::find(kDurationUnits, suffix, &DurationUnit::suffix);
  if (unit == kDurationUnits.end()) return std::nullopt;
  const double milliseconds = std::round(number * unit->milliseconds);
  if (milliseconds > kLongestMilliseconds) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds));
}

std::optional<std::size_t> parse_size(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_whole(text.substr(0, digits));
  const auto shift = size_shift(text.substr(digits));
  if (!number || !shift) return std::nullopt;
  if (*number > (std::numeric_limits<std::size_t>::max() >> *shift)) return std::nullopt;
  return static_cast<std::size_t>(*number) << *shift;
}

std::optional<std::uint64_t> parse_whole(std::string_view text) {
  if (text.empty() || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

}  // namespace config
