#include "llm/operations.hpp"

#include <set>

#include <gtest/gtest.h>

namespace llm {
namespace {

TEST(Operations, AreFoundWithoutTheVersion) {
  for (const Operation& operation : kOperations) {
    if (!operation.path.starts_with("/v1/")) continue;
    EXPECT_EQ(find_operation(operation.path.substr(3)), &operation) << operation.path;
  }
}

TEST(Operations, AreFoundByTheirExactPath) {
  for (const Operation& operation : kOperations) {
    EXPECT_EQ(find_operation(operation.path), &operation);
  }
  for (const auto* path : {"", "/", "/v1", "/v1/chat", "/v1/chat/completions/", "/V1/completions",
                           "/v1/models", "/v1/chat/completions?x", "v1/completions", "/chat",
                           "/v1/tokenize", "/v1/v1/completions", "/v2/rerank"}) {
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
                       "/v1/rerank", "/v1/score", "/v1/moderations", "/tokenize", "/detokenize",
                       "/v1/messages", "/v1/messages/count_tokens", "/v1/images/generations",
                       "/v1/audio/speech"}));
}

TEST(Operations, SayHowTheyStream) {
  EXPECT_EQ(find_operation("/v1/chat/completions")->stream, StreamForm::chat);
  EXPECT_EQ(find_operation("/v1/completions")->stream, StreamForm::completions);
  EXPECT_EQ(find_operation("/v1/responses")->stream, StreamForm::responses);
  EXPECT_EQ(find_operation("/v1/embeddings")->stream, StreamForm::none);
  EXPECT_EQ(find_operation("/v1/images/generations")->stream, StreamForm::images);
  EXPECT_EQ(find_operation("/v1/audio/speech")->stream, StreamForm::speech);
  EXPECT_EQ(find_operation("/v1/audio/speech")->plain, Plain::bytes);
  EXPECT_EQ(find_operation("/v1/messages")->stream, StreamForm::messages);
  EXPECT_EQ(find_operation("/v1/messages/count_tokens")->stream, StreamForm::none);
}

TEST(Operations, OnlyMessagesAreAnthropics) {
  for (const Operation& operation : kOperations) {
    const bool is_messages = operation.path.starts_with("/v1/messages");
    EXPECT_EQ(operation.dialect, is_messages ? Dialect::anthropic : Dialect::openai)
        << operation.path;
  }
}

}  // namespace
}  // namespace llm
