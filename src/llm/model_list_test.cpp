#include "llm/model_list.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "json/scan.hpp"

namespace llm {
namespace {

using Strings = std::vector<std::string>;

Strings ids_of(std::string_view body) {
  const auto page = parse_model_list(body);
  if (!page) return {"error: " + page.error().message};
  Strings ids;
  for (const ListedModel& model : page->models) {
    ids.push_back(model.id);
    EXPECT_TRUE(json::validate(model.json)) << model.json;
  }
  return ids;
}

TEST(ParseModelList, KnowsTheFormsOfServers) {
  EXPECT_EQ(ids_of(R"({"object":"list","data":[{"id":"a","object":"model"},{"id":"b"}]})"),
            (Strings{"a", "b"}));
  EXPECT_EQ(ids_of(R"({"data":[{"id":"a"}]})"), Strings{"a"});
  EXPECT_EQ(ids_of(R"([{"id":"a"},"b"])"), (Strings{"a", "b"}));
  EXPECT_EQ(ids_of(R"({"models":[{"name":"a","model":"x"}]})"), Strings{"a"});
  EXPECT_EQ(ids_of(R"({"models":[{"name":"x"}],"data":[{"id":"a"}]})"), Strings{"a"});
  EXPECT_EQ(ids_of(R"({"object":"list","data":[]})"), Strings{});
  EXPECT_EQ(ids_of(" [ ] "), Strings{});
}

TEST(ParseModelList, KeepsAllFields) {
  const auto page =
      parse_model_list(R"({"data":[ {"id" : "a/b", "x": {"y":[1]},"max_model_len":8} ]})");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->models[0].json, R"({"id" : "a/b", "x": {"y":[1]},"max_model_len":8})");
}

TEST(ParseModelList, GivesAnIdToEntriesWithoutOne) {
  const auto page = parse_model_list(R"(["a\"b",{"name":"c","size":1}])");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->models[0].json, R"({"id":"a\"b"})");
  EXPECT_EQ(page->models[1].json, R"({"id":"c","name":"c","size":1})");
}

TEST(ParseModelList, SkipsEntriesWithoutAUsableId) {
  const std::string long_id(257, 'x');
  EXPECT_EQ(ids_of(R"([{"id":1},{"id":null},{"id":""},{"x":1},{},null,1,[],{"id":"a\n"},"\ud800",)"
                   R"({"id":"a","id":"b","name":"c"},{"id":")" +
                   long_id + R"("},{"id":"ok"}])"),
            Strings{"ok"});
}

TEST(ParseModelList, EachIdOnce) {
  const auto page = parse_model_list(R"([{"id":"a","n":1},{"id":"\u0061","n":2},"b"])");
  ASSERT_TRUE(page);
  ASSERT_EQ(page->models.size(), 2U);
  EXPECT_EQ(page->models[0].json, R"({"id":"a","n":1})");
}

TEST(ParseModelList, RefusesJunk) {
  for (const auto* body :
       {"", "null", "1", "{}", R"({"data":null})", R"({"data":{}})", R"({"error":{"message":"x"}})",
        R"({"data":[{"id":"a"}]}x)", R"({"data":[{"id":"a"})", "<html></html>", "[1,2]",
        R"({"data":[{"nothing":1}]})", "\xEF\xBB\xBF[]"}) {
    const auto page = parse_model_list(body);
    ASSERT_FALSE(page) << body;
    EXPECT_EQ(page.error().code, base::ErrorCode::upstream_invalid_response) << body;
    EXPECT_EQ(page.error().source, base::ErrorSource::upstream) << body;
  }
}

TEST(ParseModelList, SaysWhereTheNextPageBegins) {
  const auto page =
      parse_model_list(R"({"data":[{"id":"a"},{"id":"b"}],"has_more":true,"last_id":"z"})");
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->has_more);
  EXPECT_EQ(page->last_id, "z");
  const auto without = parse_model_list(R"({"data":[{"id":"a"},{"id":"b"}],"has_more":true})");
  EXPECT_EQ(without->last_id, "b");
  EXPECT_FALSE(parse_model_list(R"({"data":[{"id":"a"}],"has_more":false})")->has_more);
  EXPECT_FALSE(parse_model_list(R"({"data":[{"id":"a"}],"has_more":"yes"})")->has_more);
  // A page without models leads nowhere.
  EXPECT_FALSE(parse_model_list(R"({"data":[],"has_more":true,"last_id":"z"})")->has_more);
}

TEST(ParseModelList, HugeListsTakeLinearTime) {
  std::string body = "[";
  for (int i = 0; i < 100'000; ++i) {
    body += "{\"id\":\"model-" + std::to_string(i) + "\"},";
  }
  body.back() = ']';
  const auto page = parse_model_list(body);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->models.size(), 100'000U);
}

std::string entry(std::string_view json) {
  return model_json({"x", std::string(json)}, "vllm-1");
}

TEST(ModelJson, AddsWhatIsMissing) {
  EXPECT_EQ(entry(R"({"id":"x"})"),
            R"({"id":"x","object":"model","created":0,"owned_by":"vllm-1"})");
  EXPECT_EQ(entry(R"({"id":"x","created":5 })"),
            R"({"id":"x","created":5 ,"object":"model","owned_by":"vllm-1"})");
}

TEST(ModelJson, KeepsEveryByteOfAGoodEntry) {
  const std::string_view json =
      R"({ "id":"x" , "object":"model", "created": 1700000000,"owned_by":"me", "y":{"}":"}"} })";
  EXPECT_EQ(entry(json), json);
}

TEST(WithId, ReplacesTheIdAndNothingElse) {
  const auto renamed = [](std::string_view entry, std::string_view id) {
    return with_id(parse_model_list("[" + std::string(entry) + "]").value().models.at(0), id);
  };
  EXPECT_EQ(renamed(R"({ "name":"n", "id" : "a\u0062", "x":{"id":"a"} })", "b\"c").json,
            R"({ "name":"n", "id" : "b\"c", "x":{"id":"a"} })");
  EXPECT_EQ(renamed(R"({"name":"n"})", "new").json, R"({"id":"new","name":"n"})");
  EXPECT_EQ(renamed(R"({"\u0069d":"other","id":"a"})", "b").json,
            R"({"\u0069d":"other","id":"b"})");
  EXPECT_EQ(renamed(R"("plain")", "b").id, "b");
}

TEST(ModelJson, ReplacesWhatHasTheWrongType) {
  EXPECT_EQ(entry(R"({"created":null,"owned_by":7,"id":"x","object":[],"z":1})"),
            R"({"created":0,"owned_by":"vllm-1","id":"x","object":"model","z":1})");
  EXPECT_EQ(entry(R"({"id":"x","object":"model","created":"2024-01-01","owned_by":"me"})"),
            R"({"id":"x","object":"model","created":0,"owned_by":"me"})");
  EXPECT_EQ(entry(R"({"id":"x","object":"model","created":1.5,"owned_by":"me"})"),
            R"({"id":"x","object":"model","created":0,"owned_by":"me"})");
}

TEST(ModelJson, TheBackendsNameIsEscaped) {
  EXPECT_EQ(model_json({"x", R"({"id":"x","object":"model","created":1})"}, "a\"b"),
            R"({"id":"x","object":"model","created":1,"owned_by":"a\"b"})");
}

TEST(WriteModelList, IsAList) {
  const std::vector<std::string_view> entries = {R"({"id":"a"})", R"({"id":"b"})"};
  EXPECT_EQ(write_model_list(entries), R"({"object":"list","data":[{"id":"a"},{"id":"b"}]})");
  EXPECT_EQ(write_model_list({}), R"({"object":"list","data":[]})");
}

/// Whatever a backend lists, what is passed on is valid and names what was found.
TEST(ParseModelList, ReplaysTheFuzzCorpus) {
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(
           std::filesystem::path(LLM_ROUTER_CORPORA) / "model_list")) {
    std::ifstream in(file.path(), std::ios::binary);
    const std::string body(std::istreambuf_iterator<char>(in), {});
    ++files;
    const auto page = parse_model_list(body);
    if (!page) continue;
    for (const ListedModel& model : page->models) {
      const std::string json = model_json(model, "backend");
      EXPECT_TRUE(json::validate(json)) << json;
      EXPECT_EQ(ids_of("[" + json + "]"), Strings{model.id});
    }
  }
  EXPECT_GT(files, 5);
}

}  // namespace
}  // namespace llm
