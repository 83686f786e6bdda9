#include "json/block.hpp"

#include <array>
#include <string_view>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace json::block {
namespace {

template <class Block>
class BlockTest : public testing::Test {
 protected:
  /// Calls check(bytes) with many windows: every byte value in every place, and random ones.
  template <class Check>
  void for_many_windows(const Check& check) {
    constexpr std::size_t kSize = Block::kWindow;
    std::array<char, kSize> bytes;
    for (const char filler : {'a', '\0', '"', '\x7f', '\x80', '\xff', '0', ' '}) {
      for (std::size_t at = 0; at < kSize; ++at) {
        for (int value = 0; value < 256; ++value) {
          bytes.fill(filler);
          bytes[at] = static_cast<char>(value);
          check(bytes);
        }
      }
    }
    constexpr std::string_view kNear = "\"\\{}[]|z~!#/0:9 \t\n\r\x0b\x1f\x20\x80\xb0\xfb\xdb\xa2";
    base::Random random(1);
    for (int round = 0; round < 20'000; ++round) {
      for (char& byte : bytes)
        byte = kNear[random.next() % kNear.size()];
      check(bytes);
    }
  }

  template <class Wanted>
  static void expect_first(std::uint64_t mask, std::string_view bytes, const Wanted& wanted) {
    std::size_t first = 0;
    while (first < Block::kSize && !wanted(static_cast<unsigned char>(bytes[first])))
      ++first;
    ASSERT_EQ(first == Block::kSize, mask == 0);
    if (mask != 0) ASSERT_EQ(position<Block>(mask), first);
  }

  template <class Wanted>
  static void expect_all(std::uint64_t mask, std::string_view bytes, const Wanted& wanted) {
    std::uint64_t expected = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const std::uint64_t bit = wanted(bytes[i]) ? 1 : 0;
      expected |= bit << (i * Block::kBits);
    }
    ASSERT_EQ(mask, expected);
  }
};

using Blocks = testing::Types<Swar, Native>;
TYPED_TEST_SUITE(BlockTest, Blocks);

TYPED_TEST(BlockTest, FindsWhatStopsAString) {
  this->for_many_windows([this](const auto& bytes) {
    const std::string_view window(bytes.data(), bytes.size());
    const auto block = TypeParam::load(bytes.data());
    const auto quote = [](unsigned char c) { return c == '"' || c == '\\'; };
    this->expect_first(block.quotes_and_escapes(), window, quote);
    this->expect_first(block.string_stops(), window,
                       [&](unsigned char c) { return quote(c) || c < 0x20; });
  });
}

TYPED_TEST(BlockTest, FindsWhatEndsDigitsAndSpaces) {
  this->for_many_windows([this](const auto& bytes) {
    const std::string_view window(bytes.data(), bytes.size());
    const auto block = TypeParam::load(bytes.data());
    this->expect_first(block.non_digits(), window,
                       [](unsigned char c) { return c < '0' || c > '9'; });
    this->expect_first(block.non_spaces(), window, [](unsigned char c) {
      return c != ' ' && c != '\n' && c != '\r' && c != '\t';
    });
  });
}

TYPED_TEST(BlockTest, SeesBytesBeyondAscii) {
  this->for_many_windows([](const auto& bytes) {
    bool ascii = true;
    for (std::size_t i = 0; i < TypeParam::kSize; ++i) {
      if (static_cast<unsigned char>(bytes[i]) >= 0x80) ascii = false;
    }
    auto seen = TypeParam{};
    ASSERT_TRUE(seen.ascii());
    seen.merge(TypeParam::load(bytes.data()));
    seen.merge(TypeParam{});
    ASSERT_EQ(seen.ascii(), ascii);
  });
  ASSERT_FALSE(TypeParam::all_high().ascii());
}

TYPED_TEST(BlockTest, MarksTheStructureOfAWindow) {
  this->for_many_windows([this](const auto& bytes) {
    const std::string_view window(bytes.data(), bytes.size());
    const Structure marks = TypeParam::structure(bytes.data());
    this->expect_all(marks.quotes, window, [](char c) { return c == '"'; });
    this->expect_all(marks.escapes, window, [](char c) { return c == '\\'; });
    this->expect_all(marks.opening, window, [](char c) { return c == '{' || c == '['; });
    this->expect_all(marks.closing, window, [](char c) { return c == '}' || c == ']'; });
  });
}

TYPED_TEST(BlockTest, PrefixXorIsTheParityOfTheMarksSoFar) {
  this->for_many_windows([this](const auto& bytes) {
    const std::string_view window(bytes.data(), bytes.size());
    bool odd = false;
    this->expect_all(prefix_xor<TypeParam>(TypeParam::structure(bytes.data()).quotes), window,
                     [&](char c) { return odd ^= c == '"'; });
  });
}

}  // namespace
}  // namespace json::block
