#include "base/escape.hpp"

#include <algorithm>
#include <cstring>

namespace base {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101U;
constexpr std::uint64_t kHighs = 0x8080808080808080U;
constexpr std::string_view kEllipsis = "\xe2\x80\xa6";
constexpr std::string_view kReplacement = "\xef\xbf\xbd";

constexpr bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
}

constexpr std::uint64_t zero_bytes(std::uint64_t v) {
  return (v - kOnes) & ~v & kHighs;
}

// Eight at a time: right about "all plain", which is the one question asked.
constexpr bool all_plain(std::uint64_t v) {
  const std::uint64_t below_space = (v - kOnes * 0x20) & ~v;
  const std::uint64_t special = zero_bytes(v ^ (kOnes * '"')) | zero_bytes(v ^ (kOnes * '\\')) |
                                zero_bytes(v ^ (kOnes * 0x7f));
  return ((below_space | v | special) & kHighs) == 0;
}

char* put(char* out, std::string_view text) {
  return std::copy_n(text.data(), text.size(), out);
}

// Copies what needs no escaping, and takes it off the front of `text`.
char* copy_plain(char* out, std::string_view& text) {
  const char* in = text.data();
  const char* const end = in + text.size();
  for (; end - in >= 8; in += 8, out += 8) {
    std::uint64_t chunk = 0;
    std::memcpy(&chunk, in, 8);
    if (!all_plain(chunk)) break;
    std::memcpy(out, &chunk, 8);
  }
  while (in != end && is_plain(*in))
    *out++ = *in++;
  text.remove_prefix(static_cast<std::size_t>(in - text.data()));
  return out;
}

char* write_control(char* out, unsigned char byte) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (byte) {
    case '\n':
      return put(out, "\\n");
    case '\r':
      return put(out, "\\r");
    case '\t':
      return put(out, "\\t");
    default:
      out = put(out, "\\u00");
      *out++ = kHex[byte >> 4U];
      *out++ = kHex[byte & 15U];
      return out;
  }
}

// One character that is not plain, taken off the front of `text`.
char* write_special(char* out, std::string_view& text, Quotes quotes) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) {
    text.remove_prefix(1);
    if (first != '"' && first != '\\') return write_control(out, first);
    if (quotes == Quotes::escape) *out++ = '\\';
    *out++ = static_cast<char>(first);
    return out;
  }
  const std::size_t length = utf8_length(text);
  const std::string_view character = text.substr(0, length);
  text.remove_prefix(std::max<std::size_t>(length, 1));
  if (length == 0) return put(out, kReplacement);
  const bool c1 = first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
  return c1 ? write_control(out, static_cast<unsigned char>(character[1])) : put(out, character);
}

// At most `cap` bytes, without the beginning of a character that was cut.
std::string_view cut_between_characters(std::string_view text, std::size_t cap) {
  std::size_t end = cap;
  while (end > 0 && cap - end < 3 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80)
    --end;
  return text.substr(0, end);
}

}  // namespace

char* write_escaped(char* out, std::string_view text, std::size_t cap, Quotes quotes) {
  const bool cut = text.size() > cap;
  if (cut) text = cut_between_characters(text, cap);
  out = copy_plain(out, text);
  while (!text.empty()) {
    out = write_special(out, text, quotes);
    out = copy_plain(out, text);
  }
  return cut ? put(out, kEllipsis) : out;
}

char* write_word(char* out, std::string_view text, std::size_t cap) {
  const bool bare = !text.empty() && text.size() <= cap && std::ranges::all_of(text, [](char c) {
    return is_plain(c) && c != ' ' && c != '=';
  });
  if (bare) return put(out, text);
  *out++ = '"';
  out = write_escaped(out, text, cap);
  *out++ = '"';
  return out;
}

void append_escaped(std::string& out, std::string_view text, std::size_t cap, Quotes quotes) {
  const std::size_t before = out.size();
  out.resize(before + escaped_bound(text.size(), cap));
  const char* end = write_escaped(out.data() + before, text, cap, quotes);
  out.resize(static_cast<std::size_t>(end - out.data()));
}

void append_word(std::string& out, std::string_view text, std::size_t cap) {
  const std::size_t before = out.size();
  out.resize(before + escaped_bound(text.size(), cap));
  const char* end = write_word(out.data() + before, text, cap);
  out.resize(static_cast<std::size_t>(end - out.data()));
}

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (text.size() < length) return 0;
  // The second byte's range excludes overlong forms, surrogates and what lies beyond U+10FFFF.
  const unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return 0;
  }
  return length;
}

}  // namespace base
