#include "upstream/table_builder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/url.hpp"

namespace upstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

EndpointPtr endpoint(std::string name, std::size_t index) {
  config::Backend backend;
  backend.name = std::move(name);
  backend.url = http::parse_url("http://h").value();
  return std::make_shared<Endpoint>(std::move(backend), index);
}

std::vector<std::string> names(const RoutingTable& table, std::string_view model) {
  std::vector<std::string> names;
  if (const Cluster* cluster = table.find(model)) {
    for (const EndpointPtr& serving : cluster->endpoints)
      names.push_back(serving->name());
  }
  return names;
}

TEST(TableBuilder, IsTheUnionInOrder) {
  const std::vector<llm::ListedModel> ours = {{"b", R"({"id":"b","note":1})"},
                                              {"a", R"({"id":"a"})"}};
  const std::vector<llm::ListedModel> theirs = {{"c", R"({"id":"c"})"},
                                                {"b", R"({"id":"b","note":2})"}};
  const std::vector<ListedBy> lists = {{endpoint("one", 0), &ours}, {endpoint("two", 1), &theirs}};
  const RoutingTablePtr table = build_table(lists, true);
  EXPECT_TRUE(table->settled);
  EXPECT_THAT(names(*table, "a"), ElementsAre("one"));
  EXPECT_THAT(names(*table, "b"), ElementsAre("one", "two"));
  EXPECT_THAT(names(*table, "c"), ElementsAre("two"));
  EXPECT_EQ(table->find("B"), nullptr);
  EXPECT_EQ(table->models_answer,
            R"({"object":"list","data":[)"
            R"({"id":"a","object":"model","created":0,"owned_by":"one"},)"
            R"({"id":"b","note":1,"object":"model","created":0,"owned_by":"one"},)"
            R"({"id":"c","object":"model","created":0,"owned_by":"two"}]})");
}

TEST(TableBuilder, NothingIsAnEmptyList) {
  const RoutingTablePtr table = build_table({}, false);
  EXPECT_FALSE(table->settled);
  EXPECT_TRUE(table->clusters.empty());
  EXPECT_EQ(table->models_answer, R"({"object":"list","data":[]})");
}

TEST(TableBuilder, OllamaKnowsItsLatestByAShorterName) {
  const std::vector<llm::ListedModel> ours = {
      {"llama3:latest", R"({"object":"model","id":"llama3:latest","x":1})"},
      {"qwen3:latest", R"({"id":"qwen3:latest"})"},
      {":latest", R"({"id":":latest"})"},
      {"qwen3:8b", R"({"id":"qwen3:8b"})"}};
  const std::vector<llm::ListedModel> real = {{"qwen3", R"({"id":"qwen3"})"},
                                              {"llama3:latest", R"({"id":"llama3:latest"})"},
                                              {"phi:latest", R"({"id":"phi:latest"})"}};
  const std::vector<ListedBy> lists = {{endpoint("one", 0), &ours, true},
                                       {endpoint("two", 1), &real},
                                       {endpoint("three", 2), &ours, true}};
  const RoutingTablePtr table = build_table(lists, true);
  EXPECT_THAT(names(*table, "llama3:latest"), ElementsAre("one", "two", "three"));
  EXPECT_THAT(names(*table, "llama3"), ElementsAre("one", "three"));
  EXPECT_EQ(table->find("llama3")->model, "llama3");
  EXPECT_EQ(table->find("llama3")->listing,
            R"({"object":"model","id":"llama3","x":1,"created":0,"owned_by":"one"})");
  EXPECT_THAT(names(*table, "qwen3"), ElementsAre("two"));  // a model of that name is that
  EXPECT_EQ(table->find("phi"), nullptr);
  EXPECT_EQ(table->find(""), nullptr);
  EXPECT_THAT(table->models_answer, Not(HasSubstr(R"("id":"llama3")")));
}

TEST(TableBuilder, AFixedListLooksLikeADiscoveredOne) {
  const std::vector<std::string> ids = {"plain", "with \"quotes\""};
  const auto list = fixed_list(ids);
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].id, "plain");
  EXPECT_EQ(list[0].json, R"({"id":"plain"})");
  EXPECT_EQ(list[1].json, R"({"id":"with \"quotes\""})");
}

}  // namespace
}  // namespace upstream
