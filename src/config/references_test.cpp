#include "config/references.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/testing.hpp"

namespace config {
namespace {

const testing::Values kValues = {
    {"A", "x$"},           {"B_2", "y"},
    {"EMPTY", ""},         {"file:/a", "z\r\n\n"},
    {"file:/blank", "\n"}, {"file:dir/with space", "s"},
};

std::string expanded(std::string_view text) {
  Findings findings("f");
  const auto result = expand(text, testing::source(kValues), "key", {3, 7}, findings);
  const auto diagnostics = findings.take();
  EXPECT_EQ(result.has_value(), diagnostics.empty());
  if (result) return result->text;
  std::string report;
  for (const Diagnostic& diagnostic : diagnostics)
    report += diagnostic.to_string() + "\n";
  return report;
}

TEST(References, AreReplaced) {
  EXPECT_EQ(expanded(""), "");
  EXPECT_EQ(expanded("plain"), "plain");
  EXPECT_EQ(expanded("${B_2}"), "y");
  EXPECT_EQ(expanded("a${B_2}b${file:/a}c"), "aybzc");
  EXPECT_EQ(expanded("${file:dir/with space}"), "s");
  EXPECT_EQ(expanded("${A}${B_2}"), "x$y") << "what a variable holds is not looked at again";
}

TEST(References, DollarsWithoutBracesAreText) {
  EXPECT_EQ(expanded("$B_2 $ $$ }{"), "$B_2 $ $$ }{");
  EXPECT_EQ(expanded("$${B_2}"), "${B_2}");
  EXPECT_EQ(expanded("$${${B_2}"), "${y");
}

TEST(References, SayWhatIsMissing) {
  EXPECT_EQ(expanded("${NO}"),
            "f:3:7: error: `key` needs the environment variable `NO`, which is not set\n");
  EXPECT_EQ(expanded("${EMPTY}"),
            "f:3:7: error: `key` needs the environment variable `EMPTY`, which is empty\n");
  EXPECT_EQ(expanded("${file:/no}"),
            "f:3:7: error: `key` needs the file `/no`, which cannot be read\n");
  EXPECT_EQ(expanded("${file:/blank}"),
            "f:3:7: error: `key` needs the file `/blank`, which is empty\n");
  EXPECT_EQ(expanded("${NO}${ALSO}"),
            "f:3:7: error: `key` needs the environment variable `ALSO`, which is not set\n"
            "f:3:7: error: `key` needs the environment variable `NO`, which is not set\n");
}

TEST(References, SayWhatIsMalformed) {
  using ::testing::HasSubstr;
  EXPECT_THAT(expanded("${B_2"), HasSubstr("holds `${` without `}`"));
  for (const char* text :
       {"${}", "${2A}", "${A-b}", "${ A}", "${file:}", "${file:a\nb}", "${A:-b}"}) {
    EXPECT_THAT(expanded(text), HasSubstr("expected `${NAME}` or `${file:PATH}`")) << text;
  }
}

TEST(References, TellLiteralsApart) {
  Findings findings("f");
  const auto literal = [&](std::string_view text) {
    return expand(text, testing::source(kValues), "key", {}, findings)->literal;
  };
  EXPECT_TRUE(literal("plain"));
  EXPECT_TRUE(literal("$${A}"));
  EXPECT_FALSE(literal("Key ${B_2}"));
}

TEST(References, WithoutASourceNothingIsSet) {
  Findings findings("f");
  EXPECT_FALSE(expand("${A}${file:/a}", {}, "key", {}, findings));
}

}  // namespace
}  // namespace config
