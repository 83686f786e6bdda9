#include "llm/operations.hpp"

#include <set>

#include <gtest/gtest.h>

namespace llm {
namespace {

TEST(Operations, AreFoundByTheirExactPath) {
  for (const Operation& operation : kOperations) {
    EXPECT_EQ(find_operation(operation.path), &operation);
  }
  for (const auto* path : {"", "/", "/v1", "/v1/chat", "/v1/chat/completions/", "/V1/completions",
                           "/v1/models", "/v1/chat/completions?x", "v1/completions"}) {
    EXPECT_EQ(find_operation(path), nullptr) << path;
  }
}

TEST(Operations, AreThoseOfTheApi) {
  std::set<std::string_view> paths;
  for (const Operation& operation : kOperations) {
    paths.insert(operation.path);
  }
  EXPECT_EQ(paths, (std::set<std::string_view>{
                       "/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses",
                       "/v1/rerank", "/v1/score", "/v1/moderations", "/tokenize", "/detokenize"}));
}

TEST(Operations, SayHowTheyStream) {
  EXPECT_EQ(find_operation("/v1/chat/completions")->stream, StreamForm::chat);
  EXPECT_EQ(find_operation("/v1/completions")->stream, StreamForm::completions);
  EXPECT_EQ(find_operation("/v1/responses")->stream, StreamForm::responses);
  EXPECT_EQ(find_operation("/v1/embeddings")->stream, StreamForm::none);
}

}  // namespace
}  // namespace llm
