#include "upstream/routing_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/url.hpp"
#include "upstream/table_builder.hpp"

// Under which names a model is found, and what a backend is told that it is called.

namespace upstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Renames = std::map<std::string, std::string, std::less<>>;

EndpointPtr endpoint(std::string name, std::size_t index, Renames rename = {}) {
  config::Backend backend;
  backend.name = std::move(name);
  backend.url = http::parse_url("http://h").value();
  backend.rename = std::move(rename);
  return std::make_shared<Endpoint>(std::move(backend), index);
}

std::vector<llm::ListedModel> models(std::initializer_list<std::string> ids) {
  const std::vector<std::string> all = ids;
  return fixed_list(all);
}

/// `BACKEND` or `BACKEND:OWN NAME` for each endpoint.
std::vector<std::string> serving(const Cluster* cluster) {
  std::vector<std::string> all;
  if (cluster == nullptr) return all;
  for (const EndpointPtr& endpoint : cluster->endpoints) {
    const std::string_view own = cluster->name_at(*endpoint);
    all.push_back(endpoint->name() + (own.empty() ? "" : ":") + std::string(own));
  }
  return all;
}

TEST(Names, RenamedModelsAreFoundByTheirNewNamesOnly) {
  const auto ours = models({"/m/q.gguf", "same"});
  const auto theirs = models({"Qwen/Q", "q", "/m/q.gguf"});
  const auto table = build_table(
      std::vector<ListedBy>{{endpoint("one", 0, {{"/m/q.gguf", "q"}, {"absent", "x"}}), &ours},
                            {endpoint("two", 1), &theirs},
                            {endpoint("three", 2, {{"Qwen/Q", "q"}, {"q", "old"}}), &theirs}},
      true);
  EXPECT_THAT(serving(table->find("q")), ElementsAre("one:/m/q.gguf", "two", "three:Qwen/Q"));
  EXPECT_THAT(serving(table->find("/m/q.gguf")), ElementsAre("two", "three"));
  EXPECT_THAT(serving(table->find("Qwen/Q")), ElementsAre("two"));
  EXPECT_THAT(serving(table->find("old")), ElementsAre("three:q"));
  EXPECT_THAT(serving(table->find("same")), ElementsAre("one"));
  EXPECT_EQ(table->find("x"), nullptr);
  EXPECT_THAT(table->models_answer, HasSubstr(R"({"id":"q","object":"model")"));
  EXPECT_TRUE(table->find("same")->names.empty());
}

TEST(Names, ANewNameHidesTheModelThatHasIt) {
  const auto listed = models({"a", "b", "c"});
  const auto table = build_table(
      std::vector<ListedBy>{{endpoint("one", 0, {{"a", "b"}, {"absent", "c"}}), &listed}}, true);
  EXPECT_THAT(serving(table->find("b")), ElementsAre("one:a"));
  EXPECT_THAT(serving(table->find("c")), ElementsAre("one"));
  EXPECT_EQ(table->find("a"), nullptr);
  const auto swapped = build_table(
      std::vector<ListedBy>{{endpoint("one", 0, {{"a", "b"}, {"b", "a"}}), &listed}}, true);
  EXPECT_THAT(serving(swapped->find("a")), ElementsAre("one:b"));
  EXPECT_THAT(serving(swapped->find("b")), ElementsAre("one:a"));
}

TEST(Names, OllamasRenamedModelsHaveNoShortName) {
  const auto listed = models({"llama3:latest", "phi:latest"});
  const auto table = build_table(
      std::vector<ListedBy>{
          {endpoint("one", 0, {{"llama3:latest", "chat"}, {"phi:latest", "p:latest"}}), &listed,
           true}},
      true);
  EXPECT_THAT(serving(table->find("chat")), ElementsAre("one:llama3:latest"));
  EXPECT_EQ(table->find("llama3"), nullptr);
  EXPECT_EQ(table->find("p"), nullptr);
}

TEST(Names, ABackendsModelIsAddressedByBothNames) {
  const auto ours = models({"m", "org/m", "two/m"});
  const auto theirs = models({"m", "raw"});
  const auto ollamas = models({"llama3:latest"});
  const auto table =
      build_table(std::vector<ListedBy>{{endpoint("one", 0), &ours},
                                        {endpoint("two", 1, {{"raw", "new"}}), &theirs},
                                        {endpoint("box", 2), &ollamas, true}},
                  true);
  const auto at = [&](std::string_view asked) { return serving(table->address(asked).get()); };
  EXPECT_THAT(at("one/m"), ElementsAre("one:m"));
  EXPECT_THAT(at("two/m"), ElementsAre("two:m"));
  EXPECT_THAT(serving(table->find("two/m")), ElementsAre("one"));  // a real id, asked for first
  EXPECT_THAT(at("one/org/m"), ElementsAre("one:org/m"));
  EXPECT_THAT(at("two/new"), ElementsAre("two:raw"));
  EXPECT_THAT(at("box/llama3"), ElementsAre("box:llama3"));  // which Ollama itself resolves
  EXPECT_THAT(at("box/llama3:latest"), ElementsAre("box:llama3:latest"));
  for (const char* nothing : {"two/raw", "two/org/m", "three/m", "m", "/m", "one/", "one", "", "/"})
    EXPECT_THAT(at(nothing), IsEmpty()) << nothing;
  const auto addressed = table->address("two/new");
  EXPECT_EQ(addressed->model, "two/new");
  EXPECT_THAT(addressed->listing, HasSubstr(R"({"id":"two/new",)"));
  EXPECT_THAT(table->models_answer, Not(HasSubstr("two/new")));
}

}  // namespace
}  // namespace upstream
