#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#if defined(__SSSE3__)
#include <immintrin.h>
#endif

namespace http {

/// A set of bytes, fixed at compile time, with a fast search for the first byte outside it.
/// Immutable.
///
/// Sixteen bytes are classified at once by two table look-ups of their half-bytes: `low_[n]` holds
/// a bit for each ASCII row h (byte = 16h + n) that is a member, `high_[h]` selects the row's bit.
/// The bytes from 0x80 on are members all together or not at all.
class CharSet {
 public:
  template <class Predicate>
  consteval explicit CharSet(Predicate is_member) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      if (!is_member(static_cast<unsigned char>(byte))) continue;
      member_[byte] = true;
      if (byte < 128) low_[byte % 16] |= static_cast<std::uint8_t>(1U << (byte / 16));
    }
    for (unsigned row = 0; row < 16; ++row)
      high_[row] = static_cast<std::uint8_t>(row < 8 ? 1U << row : (member_[128] ? 0xffU : 0U));
    for (unsigned byte = 128; byte < 256; ++byte)
      if (member_[byte] != member_[128] || (member_[128] && low_[byte % 16] == 0))
        throw "the half-byte tables can't express this set";
  }

  constexpr bool contains(char c) const { return member_[static_cast<unsigned char>(c)]; }

  /// The first byte of [p, end) that is not a member, or end.
  const char* skip(const char* p, const char* end) const {
#if defined(__SSSE3__)
    const __m128i low = _mm_load_si128(reinterpret_cast<const __m128i*>(low_.data()));
    const __m128i high = _mm_load_si128(reinterpret_cast<const __m128i*>(high_.data()));
    const __m128i half = _mm_set1_epi8(0x0f);
    for (; end - p >= 16; p += 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
      const __m128i columns = _mm_shuffle_epi8(low, _mm_and_si128(bytes, half));
      const __m128i rows = _mm_shuffle_epi8(high, _mm_and_si128(_mm_srli_epi16(bytes, 4), half));
      const __m128i outside = _mm_cmpeq_epi8(_mm_and_si128(columns, rows), _mm_setzero_si128());
      const int mask = _mm_movemask_epi8(outside);
      if (mask != 0) return p + __builtin_ctz(static_cast<unsigned>(mask));
    }
#endif
    while (p != end && contains(*p))
      ++p;
    return p;
  }

 private:
  alignas(16) std::array<std::uint8_t, 16> low_{};
  alignas(16) std::array<std::uint8_t, 16> high_{};
  std::array<bool, 256> member_{};
};

constexpr bool is_digit(unsigned char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_alpha(unsigned char c) {
  return (c | 0x20U) >= 'a' && (c | 0x20U) <= 'z';
}
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

/// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) {
  if (is_digit(static_cast<unsigned char>(c))) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// `token` of RFC 9110 5.6.2.
inline constexpr CharSet kTokenChars{[](unsigned char c) consteval {
  for (const char mark :
       {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'})
    if (c == static_cast<unsigned char>(mark)) return true;
  return is_digit(c) || is_alpha(c);
}};

/// What a field value or a reason phrase may hold (RFC 9110 5.5): HTAB, SP, VCHAR and obs-text.
inline constexpr CharSet kValueChars{
    [](unsigned char c) consteval { return c == '\t' || (c >= 0x20 && c != 0x7f); }};

}  // namespace http
