#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/// A few bytes looked at in one step. One struct per instruction set, all with the same shape, so
/// that the portable one is tested everywhere. Internal to the layer; immutable values.
///
/// A mask has kBits bits for each byte, the first byte lowest; position() of a mask is the index of
/// the first byte that is in it.
namespace json::block {

static_assert(std::endian::native == std::endian::little);

/// What gives a window of kWindow bytes its structure: masks with only the lowest bit of each byte.
/// A bracket and the brace of its side are not told apart (they differ by 0x20).
struct Structure {
  std::uint64_t quotes = 0;
  std::uint64_t escapes = 0;
  std::uint64_t opening = 0;
  std::uint64_t closing = 0;

  /// The same from the byte on whose bit is `shift` (less than 64).
  Structure from(int shift) const {
    return {quotes >> shift, escapes >> shift, opening >> shift, closing >> shift};
  }
};

/// Eight bytes in a register. Every test is exact in each byte: no carry crosses a byte.
struct Swar {
  static constexpr std::size_t kSize = 8;
  static constexpr int kBits = 8;
  std::uint64_t bytes = 0;

  static Swar load(const char* p) {
    Swar block;
    std::memcpy(&block.bytes, p, kSize);
    return block;
  }
  static Swar all_high() { return Swar{kHigh}; }
  void merge(Swar other) { bytes |= other.bytes; }
  bool ascii() const { return (bytes & kHigh) == 0; }

  /// What ends, escapes or may not stand in a string: `"`, `\` and below 0x20.
  std::uint64_t string_stops() const {
    return equal('"') | equal('\\') | (~at_least(0x20) & kHigh);
  }
  std::uint64_t quotes_and_escapes() const { return equal('"') | equal('\\'); }
  static constexpr std::size_t kWindow = kSize;
  /// string_stops() of a whole window; its bytes are merged into `seen`.
  static std::uint64_t string_stops(const char* window, Swar& seen) {
    const Swar block = load(window);
    seen.merge(block);
    return block.string_stops();
  }
  static Structure structure(const char* window) {
    const Swar block = load(window);
    const Swar folded{block.bytes | kOnes * 0x20};
    return {block.equal('"') >> 7U, block.equal('\\') >> 7U, folded.equal('{') >> 7U,
            folded.equal('}') >> 7U};
  }
  /// The bytes that are `c`.
  std::uint64_t bytes_equal(char c) const { return equal(c); }
  std::uint64_t non_digits() const { return Swar{bytes ^ kOnes * '0'}.at_least(10); }
  std::uint64_t non_spaces() const {
    return ~(equal(' ') | equal('\n') | equal('\r') | equal('\t')) & kHigh;
  }

 private:
  static constexpr std::uint64_t kOnes = 0x0101010101010101U;
  static constexpr std::uint64_t kHigh = kOnes * 0x80;

  std::uint64_t at_least(std::uint64_t limit) const {
    return (((bytes & ~kHigh) + kOnes * (0x80 - limit)) | bytes) & kHigh;
  }
  std::uint64_t equal(char c) const {
    return ~Swar{bytes ^ kOnes * static_cast<unsigned char>(c)}.at_least(1) & kHigh;
  }
};

#if defined(__SSE2__)

struct Sse2 {
  static constexpr std::size_t kSize = 16;
  static constexpr int kBits = 1;
  __m128i bytes = _mm_setzero_si128();

  static Sse2 load(const char* p) {
    return Sse2{_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))};
  }
  static Sse2 all_high() { return Sse2{_mm_set1_epi8(-1)}; }
  void merge(Sse2 other) { bytes = _mm_or_si128(bytes, other.bytes); }
  bool ascii() const { return _mm_movemask_epi8(bytes) == 0; }

  std::uint64_t string_stops() const { return mask(stops()); }
  std::uint64_t quotes_and_escapes() const {
    return mask(_mm_or_si128(equal(bytes, '"'), equal(bytes, '\\')));
  }
  static constexpr std::size_t kWindow = 4 * kSize;
  static std::uint64_t string_stops(const char* window, Sse2& seen) {
    std::uint64_t all = 0;
    for (unsigned i = 0; i < 4; ++i) {
      const Sse2 block = load(window + i * kSize);
      seen.merge(block);
      all |= block.string_stops() << (i * kSize);
    }
    return all;
  }
  static Structure structure(const char* window) {
    Structure marks;
    for (unsigned i = 0; i < 4; ++i) {
      const __m128i bytes = load(window + i * kSize).bytes;
      const __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
      marks.quotes |= mask(equal(bytes, '"')) << (i * kSize);
      marks.escapes |= mask(equal(bytes, '\\')) << (i * kSize);
      marks.opening |= mask(equal(folded, '{')) << (i * kSize);
      marks.closing |= mask(equal(folded, '}')) << (i * kSize);
    }
    return marks;
  }
  std::uint64_t bytes_equal(char c) const { return mask(equal(bytes, c)); }
  std::uint64_t non_digits() const {
    return mask(Sse2{_mm_xor_si128(bytes, _mm_set1_epi8('0'))}.at_most(9)) ^ 0xffffU;
  }
  std::uint64_t non_spaces() const {
    const __m128i blanks = _mm_or_si128(equal(bytes, ' '), equal(bytes, '\t'));
    const __m128i breaks = _mm_or_si128(equal(bytes, '\n'), equal(bytes, '\r'));
    return mask(_mm_or_si128(blanks, breaks)) ^ 0xffffU;
  }

 private:
  __m128i stops() const {
    return _mm_or_si128(_mm_or_si128(equal(bytes, '"'), equal(bytes, '\\')), at_most(0x1f));
  }
  static __m128i equal(__m128i a, char c) { return _mm_cmpeq_epi8(a, _mm_set1_epi8(c)); }
  __m128i at_most(char limit) const {
    return _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(limit)), bytes);
  }
  static std::uint64_t mask(__m128i a) { return static_cast<unsigned>(_mm_movemask_epi8(a)); }
};
using Native = Sse2;

#elif defined(__aarch64__)

struct Neon {
  static constexpr std::size_t kSize = 16;
  static constexpr int kBits = 4;
  uint8x16_t bytes = vdupq_n_u8(0);

  static Neon load(const char* p) { return Neon{vld1q_u8(reinterpret_cast<const uint8_t*>(p))}; }
  static Neon all_high() { return Neon{vdupq_n_u8(0xff)}; }
  void merge(Neon other) { bytes = vorrq_u8(bytes, other.bytes); }
  bool ascii() const { return vmaxvq_u8(bytes) < 0x80; }

  std::uint64_t string_stops() const { return mask(stops()); }
  std::uint64_t quotes_and_escapes() const {
    return mask(vorrq_u8(equal(bytes, '"'), equal(bytes, '\\')));
  }
  static constexpr std::size_t kWindow = kSize;
  static std::uint64_t string_stops(const char* window, Neon& seen) {
    const Neon block = load(window);
    seen.merge(block);
    return block.string_stops();
  }
  static Structure structure(const char* window) {
    const uint8x16_t bytes = load(window).bytes;
    const uint8x16_t folded = vorrq_u8(bytes, vdupq_n_u8(0x20));
    constexpr std::uint64_t kOnes = 0x1111111111111111U;
    return {mask(equal(bytes, '"')) & kOnes, mask(equal(bytes, '\\')) & kOnes,
            mask(equal(folded, '{')) & kOnes, mask(equal(folded, '}')) & kOnes};
  }
  std::uint64_t bytes_equal(char c) const { return mask(equal(bytes, c)); }
  std::uint64_t non_digits() const {
    return mask(vcgtq_u8(veorq_u8(bytes, vdupq_n_u8('0')), vdupq_n_u8(9)));
  }
  std::uint64_t non_spaces() const {
    const uint8x16_t blanks = vorrq_u8(equal(bytes, ' '), equal(bytes, '\t'));
    const uint8x16_t breaks = vorrq_u8(equal(bytes, '\n'), equal(bytes, '\r'));
    return ~mask(vorrq_u8(blanks, breaks));
  }

 private:
  uint8x16_t stops() const {
    const uint8x16_t control = vcltq_u8(bytes, vdupq_n_u8(0x20));
    return vorrq_u8(vorrq_u8(equal(bytes, '"'), equal(bytes, '\\')), control);
  }
  static uint8x16_t equal(uint8x16_t a, char c) {
    return vceqq_u8(a, vdupq_n_u8(static_cast<uint8_t>(c)));
  }
  /// NEON has no movemask: narrowing by four bits leaves four bits for each byte.
  static std::uint64_t mask(uint8x16_t a) {
    const uint8x8_t narrow = vshrn_n_u16(vreinterpretq_u16_u8(a), 4);
    return vget_lane_u64(vreinterpret_u64_u8(narrow), 0);
  }
};
using Native = Neon;

#else

using Native = Swar;

#endif

/// The index of the first byte in a mask that is not empty.
template <class Block>
inline std::size_t position(std::uint64_t mask) {
  return static_cast<std::size_t>(std::countr_zero(mask)) / Block::kBits;
}

/// The mask less its first byte.
template <class Block>
inline std::uint64_t without_first(std::uint64_t mask) {
  if constexpr (Block::kBits == 1) return mask & (mask - 1);
  constexpr std::uint64_t kByte = (std::uint64_t{1} << (Block::kBits % 64)) - 1;
  const auto first = std::countr_zero(mask) / Block::kBits * Block::kBits;
  return mask & ~(kByte << first);
}

/// For each byte, whether the number of marks up to and including it is odd. `marks` and the
/// result have only the lowest bit of each byte.
template <class Block>
inline std::uint64_t prefix_xor(std::uint64_t marks) {
  for (int shift = Block::kBits; shift < 64; shift *= 2)
    marks ^= marks << shift;
  return marks;
}

}  // namespace json::block
