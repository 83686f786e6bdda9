#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Escape sequences of JSON strings (RFC 8259 §7). Pure functions: any thread.
namespace json {

constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Appends what stands between the quotes of a string with its escapes resolved. False for a lone
/// surrogate (RFC 8259 §8.2: it has no UTF-8) and for what is no escape; `out` then holds a part.
bool append_unescaped(std::string& out, std::string_view between_quotes);

/// The same as a value; nothing where append_unescaped() fails.
std::optional<std::string> unescape(std::string_view between_quotes);

}  // namespace json
