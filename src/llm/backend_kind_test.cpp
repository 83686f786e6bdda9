#include "llm/backend_kind.hpp"

#include <set>

#include <gtest/gtest.h>

namespace llm {
namespace {

TEST(BackendKind, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const auto& [kind, name] : kBackendKinds) {
    EXPECT_EQ(to_string(kind), name);
    names.insert(name);
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(BackendKind::openai) + 1);
}

std::optional<BackendKind> of(std::string_view entries) {
  return kind_of_list(parse_model_list("{\"data\":[" + std::string(entries) + "]}").value().models);
}

TEST(BackendKind, AListSaysWhoseItIsIfAllEntriesAgree) {
  EXPECT_EQ(of(R"({"id":"a","owned_by":"vllm"},{"id":"b","owned_by":"vllm"})"), BackendKind::vllm);
  EXPECT_EQ(of(R"({"id":"a","owned_by":"sglang"})"), BackendKind::sglang);
  EXPECT_EQ(of(R"({"id":"a","owned_by":"llamacpp"})"), BackendKind::llama_cpp);
  EXPECT_EQ(of(R"({"id":"a","owned_by":"llamacpp","status":{}})"), BackendKind::llama_cpp_router);
  EXPECT_EQ(of(R"({"id":"a","owned_by":"tensorrt_llm"})"), BackendKind::tensorrt_llm);
  EXPECT_EQ(of(R"({"id":"a","owned_by":"vllm"},{"id":"b","owned_by":"sglang"})"), std::nullopt);
  EXPECT_EQ(of(R"({"id":"a","owned_by":"vllm"},{"id":"b"})"), std::nullopt);
  EXPECT_EQ(of(R"({"id":"a","owned_by":7})"), std::nullopt);
  EXPECT_EQ(of(""), std::nullopt);
}

}  // namespace
}  // namespace llm
