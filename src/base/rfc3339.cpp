#include "base/rfc3339.hpp"

#include <chrono>
#include <cstring>

namespace base {
namespace {

char* put_digits(char* out, unsigned value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value /= 10)
    out[i] = static_cast<char>('0' + value % 10);
  return out + digits;
}

char* put_digits_and(char* out, unsigned value, int digits, char separator) {
  out = put_digits(out, value, digits);
  *out++ = separator;
  return out;
}

}  // namespace

char* Rfc3339::write(char* out, WallClock::time_point time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  if (second.time_since_epoch().count() != second_) {
    second_ = second.time_since_epoch().count();
    const auto day = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date(day);
    const auto in_day = static_cast<unsigned>((second - day).count());
    char* text = text_.data();
    text = put_digits_and(text, static_cast<unsigned>(int{date.year()}), 4, '-');
    text = put_digits_and(text, unsigned{date.month()}, 2, '-');
    text = put_digits_and(text, unsigned{date.day()}, 2, 'T');
    text = put_digits_and(text, in_day / 3600, 2, ':');
    text = put_digits_and(text, in_day / 60 % 60, 2, ':');
    put_digits_and(text, in_day % 60, 2, '.');
  }
  std::memcpy(out, text_.data(), text_.size());
  const auto rest = std::chrono::floor<std::chrono::milliseconds>(time - second);
  return put_digits_and(out + text_.size(), static_cast<unsigned>(rest.count()), 3, 'Z');
}

}  // namespace base
