#include "config/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/keys.hpp"

namespace config {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kRows =
    "\n| `workers` | `2` (few) | Threads, [as many](x.md) as [`cores`]. [Below](#workers). |\n"
    "| `backends[].name` | required | Its name. |\n"
    "| `backends[].auth.token` | required by `bearer` | The token. |\n"
    "| `timeouts.first_token` | `600s` or `120s` | The first. |\n"
    "| `backends[].timeouts.tls` | The handshake. |\n";

TEST(Schema, TakesMeaningAndDefaultFromTheReference) {
  const std::string text = schema(kRows);
  EXPECT_THAT(text, HasSubstr(R"("description":"Threads, as many as [`cores`].","default":2,)"
                              R"("type":"integer","minimum":1)"));
  EXPECT_THAT(text, HasSubstr(R"("description":"The first.","type":["number","string"])"));
  EXPECT_THAT(text, HasSubstr(R"("description":"The handshake.","type":)"));
  EXPECT_THAT(text, HasSubstr(R"("additionalProperties":false,"required":["name"],"properties")"));
  EXPECT_THAT(text, HasSubstr(R"({"if":{"required":["type"],"properties":{"type":{"const":)"
                              R"("bearer"}}},"then":{"required":["token"]},)"
                              R"("else":{"properties":{"token":false}}})"));
}

TEST(Schema, DescribesEveryKeyByTheShippedReference) {
  const std::string text = schema(reference_text());
  EXPECT_FALSE(text.contains(R"("description":"")"));
  EXPECT_FALSE(text.contains(",}")) << "a key without a form: give it one in keys.cpp";
}

/// What the words offer, the schema offers as well.
TEST(Schema, KnowsTheChoicesThatMessagesName) {
  for (const Key& key : all_keys()) {
    std::string words(key.form.expected);
    if (!words.starts_with("one of ")) continue;
    words = R"("enum":[")" + words.substr(7) + R"("])";
    for (std::size_t at = 0; (at = words.find(", ", at)) != std::string::npos;)
      words.replace(at, 2, R"(",")");
    EXPECT_EQ(key.form.schema, words) << path_of(key);
  }
}

}  // namespace
}  // namespace config
