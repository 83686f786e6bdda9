#include "upstream/table_builder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/url.hpp"

namespace upstream {
namespace {

using ::testing::ElementsAre;

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
