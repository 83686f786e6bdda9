#include "kinds.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json/scan.hpp"

namespace sim {
namespace {

using testing::HasSubstr;

const std::vector<std::string> kModels = {"one", "two"};

TEST(Kinds, NamesAreRead) {
  for (const std::string_view name : kind_names())
    EXPECT_TRUE(kind_named(name)) << name;
  EXPECT_EQ(kind_named("llama.cpp-router"), EngineKind::llama_cpp_router);
  EXPECT_EQ(kind_named("tensorrt-llm"), EngineKind::tensorrt_llm);
  EXPECT_EQ(kind_named("VLLM"), std::nullopt);
}

TEST(Kinds, EveryListIsJsonAndNamesEveryModel) {
  for (const std::string_view name : kind_names()) {
    const std::string list = list_of_models(*kind_named(name), kModels);
    EXPECT_TRUE(json::validate(list)) << list;
    EXPECT_THAT(list, HasSubstr(R"("id":"one")"));
    EXPECT_THAT(list, HasSubstr(R"("id":"two")"));
  }
}

TEST(Kinds, EveryPageIsWhatItSaysItIs) {
  for (const std::string_view name : kind_names())
    for (const char* path : {"/", "/version", "/is_sleeping", "/server_info", "/props", "/info",
                             "/api/version", "/api/ps", "/api/tags", "/api/v0/models"}) {
      const auto page = own_page(*kind_named(name), path, kModels, 0, 0);
      if (page && page->content_type == "application/json")
        EXPECT_TRUE(json::validate(page->body)) << page->body;
    }
}

TEST(Kinds, TheGaugesAreTheEnginesOwn) {
  const auto page = own_page(EngineKind::vllm, "/metrics", kModels, 3, 5);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->body, "vllm:num_requests_running 3\nvllm:num_requests_waiting 5\n");
  EXPECT_FALSE(own_page(EngineKind::ollama, "/metrics", kModels, 3, 5));
}

TEST(Kinds, OllamaHasOneLoadedOfAllThatAreInstalled) {
  EXPECT_THAT(own_page(EngineKind::ollama, "/api/tags", kModels, 0, 0)->body, HasSubstr("two"));
  EXPECT_THAT(own_page(EngineKind::ollama, "/api/ps", kModels, 0, 0)->body,
              testing::Not(HasSubstr("two")));
}

}  // namespace
}  // namespace sim
