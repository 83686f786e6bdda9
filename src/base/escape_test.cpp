#include "base/escape.hpp"

#include <string>

#include <gtest/gtest.h>

namespace base {
namespace {

std::string escaped(std::string_view text, std::size_t cap = 1000) {
  std::string out;
  append_escaped(out, text, cap);
  return out;
}

std::string word(std::string_view text) {
  std::string out;
  append_word(out, text, 100);
  return out;
}

TEST(Escape, LeavesPlainTextAlone) {
  EXPECT_EQ(escaped(""), "");
  EXPECT_EQ(escaped("gpt-4o/mini:latest and more than sixteen bytes"),
            "gpt-4o/mini:latest and more than sixteen bytes");
}

TEST(Escape, EveryAsciiByteAtEveryPlaceInABlock) {
  for (int c = 0; c < 0x80; ++c) {
    for (std::size_t place = 0; place < 9; ++place) {
      std::string text(17, 'x');
      text[place] = static_cast<char>(c);
      const bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
      const std::string out = escaped(text);
      EXPECT_EQ(out == text, plain) << c << " at " << place;
      for (const char o : out)
        EXPECT_TRUE(o >= 0x20 && o < 0x7f) << c;
      EXPECT_EQ(out.substr(0, place), std::string(place, 'x'));
      EXPECT_EQ(out.substr(out.size() - (16 - place)), std::string(16 - place, 'x'));
    }
  }
}

TEST(Escape, ALogLineCantBeForged) {
  EXPECT_EQ(escaped("a\n{\"level\":\"info\"}"), R"(a\n{\"level\":\"info\"})");
  EXPECT_EQ(escaped("\x1b[31mred\x7f"), R"(\u001b[31mred\u007f)");
  EXPECT_EQ(escaped("\r\t\\"), R"(\r\t\\)");
  EXPECT_EQ(escaped(std::string_view("\0", 1)), R"(\u0000)");
}

TEST(Escape, KeepsUtf8AndReplacesWhatIsNot) {
  EXPECT_EQ(escaped("\u6a21\u578b \U0001f600"), "\u6a21\u578b \U0001f600");
  EXPECT_EQ(escaped("a\xff\xfe"), "a\ufffd\ufffd");
  EXPECT_EQ(escaped("\xc0\xaf"), "\ufffd\ufffd");            // overlong
  EXPECT_EQ(escaped("\xed\xa0\x80"), "\ufffd\ufffd\ufffd");  // surrogate
  EXPECT_EQ(escaped("\xf4\x90\x80\x80"), "\ufffd\ufffd\ufffd\ufffd");
  EXPECT_EQ(escaped("\xe6\xa8"), "\ufffd\ufffd");  // cut short
  EXPECT_EQ(escaped("\xc2\x9b"
                    "31m"),
            R"(\u009b31m)");  // C1 CSI
}

TEST(Escape, CutsBetweenCharacters) {
  EXPECT_EQ(escaped("abcdef", 6), "abcdef");
  EXPECT_EQ(escaped("abcdefg", 6), "abcdef\u2026");
  EXPECT_EQ(escaped("ab\u6a21\u578b", 5), "ab\u6a21\u2026");
  EXPECT_EQ(escaped("ab\u6a21\u578b", 6), "ab\u6a21\u2026");
  EXPECT_EQ(escaped("ab\U0001f600z", 5), "ab\u2026");
}

TEST(Escape, StaysWithinItsBound) {
  for (const char c : {'\x01', '\xff', '"', 'x'}) {
    for (std::size_t size = 0; size < 40; ++size) {
      EXPECT_LE(escaped(std::string(size, c), 20).size(), escaped_bound(size, 20));
    }
  }
}

TEST(Escape, KeepsQuotesForPeople) {
  std::string out;
  append_escaped(out, "unknown key \"x\"\n", 100, Quotes::keep);
  EXPECT_EQ(out, "unknown key \"x\"\\n");
}

TEST(Word, IsQuotedOnlyWhereItMustBe) {
  EXPECT_EQ(word("127.0.0.1:80"), "127.0.0.1:80");
  EXPECT_EQ(word(""), R"("")");
  EXPECT_EQ(word("a b"), R"("a b")");
  EXPECT_EQ(word("a=b"), R"("a=b")");
  EXPECT_EQ(word("a\"b"), R"("a\"b")");
  EXPECT_EQ(word("\u6a21"), "\"\u6a21\"");
}

}  // namespace
}  // namespace base
