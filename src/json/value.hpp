#pragma once

#include <cstdint>
#include <string_view>

namespace json {

/// How deep arrays and objects may nest; the outermost counts as one.
inline constexpr int kMaxDepth = 256;

enum class Kind : std::uint8_t { absent, object, array, string, number, boolean, null };

/// A value as it stands in a text: its exact bytes, strings with their quotes. A view: it lives as
/// long as the text. `absent` has no bytes.
struct Value {
  Kind kind = Kind::absent;
  std::string_view raw;
};

/// The kind that a value has by its first byte; `absent` if no value begins so.
constexpr Kind kind_of(char first) {
  switch (first) {
    case '{':
      return Kind::object;
    case '[':
      return Kind::array;
    case '"':
      return Kind::string;
    case 't':
    case 'f':
      return Kind::boolean;
    case 'n':
      return Kind::null;
    default:
      return first == '-' || (first >= '0' && first <= '9') ? Kind::number : Kind::absent;
  }
}

constexpr bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

}  // namespace json
