#include "llm/anthropic_models.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "json/scan.hpp"
#include "json/walk.hpp"

namespace llm {
namespace {

TEST(AnthropicModel, IsWrittenFromTheEntry) {
  EXPECT_EQ(
      anthropic_model_json("a\"b", R"({"id":"a\"b","object":"model","created":1760000000,"x":1})"),
      R"({"type":"model","id":"a\"b","display_name":"a\"b","created_at":"2025-10-09T08:53:20.000Z"})");
}

TEST(AnthropicModel, TheBackendsOwnWordsAreKept) {
  EXPECT_EQ(
      anthropic_model_json(
          "c",
          R"({"id":"c","created":0,"display_name":"C 1","created_at":"2025-02-19T00:00:00Z"})"),
      R"({"type":"model","id":"c","display_name":"C 1","created_at":"2025-02-19T00:00:00Z"})");
}

TEST(AnthropicModel, NonsenseIsReplaced) {
  for (const auto* entry :
       {R"({"created":1760000000000,"display_name":7,"created_at":1760000000})",
        R"({"created":-1,"display_name":"","created_at":""})", R"({"created":"x"})", "{}"}) {
    EXPECT_EQ(
        anthropic_model_json("m", entry),
        R"({"type":"model","id":"m","display_name":"m","created_at":"1970-01-01T00:00:00.000Z"})")
        << entry;
  }
}

const std::vector<ModelEntry> kModels = {{"a", "{}"}, {"b", "{}"}, {"d", "{}"}, {"e", "{}"}};

struct Page {
  std::string ids;
  bool has_more;
  std::string first;
  std::string last;
  bool operator==(const Page&) const = default;
};

Page page(const ModelPageQuery& query) {
  const std::string list = write_anthropic_models(kModels, query);
  EXPECT_TRUE(json::validate(list)) << list;
  const json::Value root = json::root(list);
  Page page;
  for (const json::Value& model : json::Elements(json::find(root, "data")))
    page.ids += json::as_string(json::find(model, "id")).value_or("?");
  page.has_more = json::as_bool(json::find(root, "has_more")).value_or(false);
  page.first = json::as_string(json::find(root, "first_id")).value_or("null");
  page.last = json::as_string(json::find(root, "last_id")).value_or("null");
  return page;
}

TEST(AnthropicModels, AreOnePageWithoutALimit) {
  EXPECT_EQ(page({}), (Page{"abde", false, "a", "e"}));
  EXPECT_EQ(page({.limit = 4}), (Page{"abde", false, "a", "e"}));
}

TEST(AnthropicModels, ArePagedForwards) {
  EXPECT_EQ(page({.limit = 2}), (Page{"ab", true, "a", "b"}));
  EXPECT_EQ(page({.limit = 2, .after_id = "b"}), (Page{"de", false, "d", "e"}));
  EXPECT_EQ(page({.limit = 1, .after_id = "b"}), (Page{"d", true, "d", "d"}));
  EXPECT_EQ(page({.limit = 2, .after_id = "c"}), (Page{"de", false, "d", "e"}));
  EXPECT_EQ(page({.after_id = "e"}), (Page{"", false, "null", "null"}));
}

TEST(AnthropicModels, ArePagedBackwards) {
  EXPECT_EQ(page({.limit = 2, .before_id = "e"}), (Page{"bd", true, "b", "d"}));
  EXPECT_EQ(page({.limit = 2, .before_id = "b"}), (Page{"a", false, "a", "a"}));
  EXPECT_EQ(page({.before_id = "a"}), (Page{"", false, "null", "null"}));
}

TEST(AnthropicModels, MayBeNone) {
  EXPECT_EQ(write_anthropic_models({}, {}),
            R"({"data":[],"has_more":false,"first_id":null,"last_id":null})");
}

}  // namespace
}  // namespace llm
