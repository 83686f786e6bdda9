#include "json/write.hpp"

#include <string>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "json/scan.hpp"
#include "json/walk.hpp"

namespace json {
namespace {

std::string written(std::string_view text) {
  std::string out;
  append_string(out, text);
  return out;
}

TEST(AppendString, EscapesWhatMustNotStandInAString) {
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(written(""), "\"\"");
  EXPECT_EQ(written("plain text/é"), "\"plain text/é\"");
  EXPECT_EQ(written("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(written("\n\r\t\x01\x1f\0"sv), R"("\n\r\t\u0001\u001f\u0000")");
  EXPECT_EQ(written("\x1b[31m"), R"("\u001b[31m")");
  EXPECT_EQ(written("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"), "\"\\u2028\\u2029\xe2\x80\xaa\"");
}

TEST(AppendString, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(written("a\xff\x62"), "\"a\xef\xbf\xbd\x62\"");
  EXPECT_EQ(written("\xc3"), "\"\xef\xbf\xbd\"");
  EXPECT_EQ(written("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST(AppendString, IsValidForAnyBytesAndReadsBackTheSame) {
  base::Random random(3);
  for (int round = 0; round < 5'000; ++round) {
    std::string bytes;
    for (std::size_t size = random.next() % 40; size != 0; --size) {
      bytes += static_cast<char>(random.next() % (round % 2 == 0 ? 256 : 128));
    }
    const std::string text = written(bytes);
    ASSERT_TRUE(validate(text));
    if (round % 2 != 0) ASSERT_EQ(as_string(root(text)).value(), bytes);
  }
}

TEST(Writers, PutCommasAndBracketsRight) {
  std::string out;
  ObjectWriter object(out);
  object.string("a\n", "x").uint("n", 18446744073709551615U).boolean("b", true).null("z");
  ObjectWriter inner = object.object("o");
  inner.boolean("f", false).close();
  object.object("empty").close();
  ArrayWriter array = object.array("list");
  array.uint(0).string("s").raw("[1]");
  ObjectWriter element = array.object();
  element.raw("r", "{}").close();
  array.close();
  object.array("none").close();
  object.close();
  EXPECT_EQ(out,
            R"({"a\n":"x","n":18446744073709551615,"b":true,"z":null,"o":{"f":false},"empty":{},)"
            R"("list":[0,"s",[1],{"r":{}}],"none":[]})");
}

}  // namespace
}  // namespace json
