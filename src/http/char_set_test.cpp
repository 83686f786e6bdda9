#include "http/char_set.hpp"

#include <algorithm>
#include <memory>
#include <string_view>

#include <gtest/gtest.h>

namespace http {
namespace {

using namespace std::string_view_literals;

// The search by sixteens must agree with the table for every byte at every place of a run.
void check_search(const CharSet& set, char member) {
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        const auto text = std::make_unique<char[]>(size);
        std::fill_n(text.get(), size, member);
        text[at] = static_cast<char>(byte);
        const char* const end = text.get() + size;
        const char* const expected = set.contains(text[at]) ? end : text.get() + at;
        ASSERT_EQ(set.skip(text.get(), end), expected) << size << " " << at << " " << byte;
      }
    }
  }
}

TEST(CharSet, SearchAgreesWithTheTable) {
  check_search(kTokenChars, 'a');
  check_search(kValueChars, '\xff');
}

TEST(CharSet, TokensAndValues) {
  for (const char c : std::string_view("!#$%&'*+-.^_`|~09azAZ"))
    EXPECT_TRUE(kTokenChars.contains(c)) << c;
  for (const char c : "\0\t\r\n \"(),/:;<=>?@[\\]{}\x7f\x80\xff"sv)
    EXPECT_FALSE(kTokenChars.contains(c)) << c;
  EXPECT_TRUE(kValueChars.contains('\t'));
  EXPECT_TRUE(kValueChars.contains('\x80'));
  EXPECT_FALSE(kValueChars.contains('\x7f'));
  EXPECT_FALSE(kValueChars.contains('\0'));
}

TEST(CharSet, HexDigits) {
  EXPECT_EQ(hex_value('0'), 0);
  EXPECT_EQ(hex_value('f'), 15);
  EXPECT_EQ(hex_value('F'), 15);
  EXPECT_EQ(hex_value('g'), -1);
  EXPECT_EQ(hex_value('/'), -1);
  EXPECT_EQ(hex_value(':'), -1);
  EXPECT_EQ(hex_value('@'), -1);
  EXPECT_EQ(hex_value('`'), -1);
}

}  // namespace
}  // namespace http
