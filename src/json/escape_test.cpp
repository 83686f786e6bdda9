#include "json/escape.hpp"

#include <gtest/gtest.h>

#include "json/utf8.hpp"

namespace json {
namespace {

TEST(Unescape, ResolvesEveryEscape) {
  EXPECT_EQ(unescape("plain"), "plain");
  EXPECT_EQ(unescape(R"(\"\\\/\b\f\n\r\t)"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(unescape(R"(a\u0041\u00e9\u20AC\ud83D\uDE00z)"), "aAé€😀z");
  EXPECT_EQ(unescape(R"(\u0000)"), std::string(1, '\0'));
  EXPECT_EQ(unescape(R"(\\u0041)"), R"(\u0041)");
}

TEST(Unescape, RefusesLoneSurrogatesAndWhatIsNoEscape) {
  for (const std::string_view bad :
       {R"(\ud800)", R"(\udfff)", R"(\ud800\ud800)", R"(\ud800x)", R"(\ud800\n)", R"(\udc00\ud800)",
        R"(\ud800\u)", R"(\x)", R"(\)", R"(\u12)", R"(\u12g4)", R"(\ud83d\ude0)"}) {
    EXPECT_EQ(unescape(bad), std::nullopt) << bad;
  }
}

TEST(HexDigit, KnowsAllSixteenAndNoOther) {
  int digits = 0;
  for (int c = 0; c < 256; ++c) {
    if (hex_digit(static_cast<char>(c)) >= 0) ++digits;
  }
  EXPECT_EQ(digits, 22);
  EXPECT_EQ(hex_digit('9'), 9);
  EXPECT_EQ(hex_digit('F'), 15);
  EXPECT_EQ(hex_digit('a'), 10);
}

TEST(Utf8, EncodesWhatItThenFindsValid) {
  for (const char32_t code_point :
       {0x0U, 0x7fU, 0x80U, 0x7ffU, 0x800U, 0xd7ffU, 0xe000U, 0xffffU, 0x10000U, 0x10ffffU}) {
    std::string text;
    append_utf8(text, code_point);
    EXPECT_EQ(utf8_sequence_length(text), text.size()) << static_cast<unsigned>(code_point);
    EXPECT_EQ(utf8_sequence_length(text + "\xff"), text.size());
    for (std::size_t cut = 0; cut < text.size(); ++cut) {
      EXPECT_EQ(utf8_sequence_length(text.substr(0, cut)), 0U);
    }
  }
}

TEST(Utf8, RefusesOverlongSurrogatesAndBeyond) {
  for (const std::string_view bad :
       {"", "\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3(", "\xe2\x82(", "\xf0\x9f\x98("}) {
    EXPECT_EQ(utf8_sequence_length(bad), 0U);
  }
  EXPECT_EQ(first_invalid_utf8("aé€\xff"), 6U);
  EXPECT_EQ(first_invalid_utf8("aé€"), 6U);
}

}  // namespace
}  // namespace json
