#include "json/escape.hpp"

#include "json/utf8.hpp"

namespace json {

namespace {

/// The four hex digits at the front of `text`, which are then taken off it.
std::optional<char32_t> take_code_unit(std::string_view& text) {
  if (text.size() < 4) return std::nullopt;
  char32_t unit = 0;
  for (const char c : text.substr(0, 4)) {
    const int digit = hex_digit(c);
    if (digit < 0) return std::nullopt;
    unit = unit * 16 + static_cast<char32_t>(digit);
  }
  text.remove_prefix(4);
  return unit;
}

/// The code point of one `\uXXXX` or of a surrogate pair of them; `text` stands behind the `u`.
std::optional<char32_t> take_code_point(std::string_view& text) {
  const auto unit = take_code_unit(text);
  if (!unit || *unit < 0xd800 || *unit > 0xdfff) return unit;
  if (*unit > 0xdbff || !text.starts_with("\\u")) return std::nullopt;
  text.remove_prefix(2);
  const auto low = take_code_unit(text);
  if (!low || *low < 0xdc00 || *low > 0xdfff) return std::nullopt;
  return 0x10000 + ((*unit - 0xd800) << 10U) + (*low - 0xdc00);
}

/// The character that `\` and `letter` stand for, or NUL.
char short_escape(char letter) {
  switch (letter) {
    case '"':
    case '\\':
    case '/':
      return letter;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return '\0';
  }
}

}  // namespace

bool append_unescaped(std::string& out, std::string_view text) {
  for (;;) {
    const std::size_t escape = text.find('\\');
    out.append(text.substr(0, escape));
    if (escape == std::string_view::npos) return true;
    text.remove_prefix(escape + 1);
    if (text.empty()) return false;
    const char letter = text.front();
    text.remove_prefix(1);
    if (letter == 'u') {
      const auto code_point = take_code_point(text);
      if (!code_point) return false;
      append_utf8(out, *code_point);
      continue;
    }
    const char c = short_escape(letter);
    if (c == '\0') return false;
    out += c;
  }
}

std::optional<std::string> unescape(std::string_view between_quotes) {
  std::string out;
  if (!append_unescaped(out, between_quotes)) return std::nullopt;
  return out;
}

}  // namespace json
