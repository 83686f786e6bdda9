#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "json/block.hpp"
#include "json/value.hpp"

/// Finding the end of what begins at a byte of a valid text. Of a text that isn't valid the result
/// means nothing, but no read is beyond it. Internal to the layer; pure.
namespace json::skip {

using block::Native;

/// What may be read. `begin` may lie before the value in question: the more there is before it, the
/// cheaper is its end.
struct Text {
  const char* begin;
  const char* end;

  std::size_t left(const char* p) const { return static_cast<std::size_t>(end - p); }
};

inline const char* space(const char* p, Text text) {
  while (p != text.end && static_cast<unsigned char>(*p) <= ' ' && is_space(*p))
    ++p;
  return p;
}

/// `p` stands behind the opening quote; the result behind the closing one, or at the end.
inline const char* string(const char* p, Text text) {
  while (p != text.end) {
    if (text.left(p) >= Native::kSize) {
      const std::uint64_t stops = Native::load(p).quotes_and_escapes();
      p += stops == 0 ? Native::kSize : block::position<Native>(stops);
      if (stops == 0) continue;
    }
    const char c = *p++;
    if (c == '"') return p;
    if (c == '\\' && p != text.end) ++p;
  }
  return p;
}

/// The bytes of numbers, `true`, `false` and `null`.
inline constexpr auto kScalarBytes = [] {
  std::array<bool, 256> bytes{};
  for (const unsigned char c : std::string_view("+-.0123456789Eaeflnrstu"))
    bytes[c] = true;
  return bytes;
}();

inline const char* scalar(const char* p, Text text) {
  while (p != text.end && kScalarBytes[static_cast<unsigned char>(*p)])
    ++p;
  return p;
}

/// Which brackets stand outside strings, a window at a time: one look at 64 bytes instead of one at
/// each string in them.
class Brackets {
 public:
  struct Window {
    std::uint64_t opening;
    std::uint64_t closing;
  };

  Window next(block::Structure marks) {
    const std::uint64_t quotes = marks.quotes & ~take_escaped(marks.escapes);
    const std::uint64_t strings = block::prefix_xor<Native>(quotes) ^ in_string_;
    in_string_ = -(strings >> (64 - Native::kBits) & 1U);
    return {marks.opening & ~strings, marks.closing & ~strings};
  }

 private:
  /// The bytes behind a backslash that is not escaped itself.
  std::uint64_t take_escaped(std::uint64_t escapes) {
    std::uint64_t escaped = first_is_escaped_;
    escapes &= ~first_is_escaped_;
    first_is_escaped_ = 0;
    while (escapes != 0) {
      const std::uint64_t escape = escapes & -escapes;
      const std::uint64_t next = escape << Native::kBits;
      if (next == 0) first_is_escaped_ = 1;
      escaped |= next;
      escapes &= ~(escape | next);
    }
    return escaped;
  }

  std::uint64_t in_string_ = 0;         ///< all ones if the last window ended within a string
  std::uint64_t first_is_escaped_ = 0;  ///< 1 if it ended with a backslash that escapes
};

/// The marks of the window at `p`, which the end of the text may cut short.
[[gnu::always_inline]] inline block::Structure structure_at(const char* p, Text text) {
  constexpr std::size_t kWindow = Native::kWindow;
  const std::size_t size = text.left(p);
  if (size >= kWindow) return Native::structure(p);
  if (static_cast<std::size_t>(text.end - text.begin) >= kWindow) {
    const auto before = static_cast<int>(kWindow - size) * Native::kBits;
    return Native::structure(text.end - kWindow).from(before);
  }
  std::array<char, kWindow> padded{};
  std::memcpy(padded.data(), p, size);
  return Native::structure(padded.data());
}

/// How many bytes of the window belong to the container of which `depth` levels stand open; none
/// if it isn't closed here.
inline std::optional<std::size_t> bytes_to_close(Brackets::Window window, int depth) {
  int closed = 0;
  for (std::uint64_t closing = window.closing; closing != 0; closing &= closing - 1) {
    const std::uint64_t before = (closing & -closing) - 1;
    if (std::popcount(window.opening & before) + depth == ++closed) {
      return block::position<Native>(closing) + 1;
    }
  }
  return std::nullopt;
}

/// `p` stands behind the opening brace or bracket; the result behind the one that closes it, or at
/// the end.
inline const char* container(const char* p, Text text) {
  Brackets brackets;
  int depth = 1;
  for (;;) {
    if (p == text.end) return p;
    const Brackets::Window window = brackets.next(structure_at(p, text));
    const int closings = std::popcount(window.closing);
    if (closings >= depth) {
      const auto bytes = bytes_to_close(window, depth);
      if (bytes) return p + *bytes;
    }
    if (text.left(p) <= Native::kWindow) return text.end;
    depth += std::popcount(window.opening) - closings;
    p += Native::kWindow;
  }
}

/// The end of the value that begins at `p`, which is not the end; `p` itself if none begins there.
inline const char* value(const char* p, Text text) {
  switch (kind_of(*p)) {
    case Kind::absent:
      return p;
    case Kind::string:
      return string(p + 1, text);
    case Kind::object:
    case Kind::array:
      return container(p + 1, text);
    case Kind::number:
    case Kind::boolean:
    case Kind::null:
      return scalar(p, text);
  }
  return p;
}

}  // namespace json::skip
