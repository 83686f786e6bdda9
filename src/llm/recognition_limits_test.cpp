#include <gmock/gmock.h>

#include "llm/recognition_testing.hpp"

// Who is asked what, and what comes of answers that are none.

namespace llm {
namespace {

using testing::Answers;
using ::testing::IsEmpty;
using testing::kOllama;
using testing::kOllamaList;
using testing::kSilence;
using testing::kVllmList;
using testing::list;
using testing::probe;
using testing::run;

TEST(Recognition, APublicAddressIsAskedNothing) {
  const auto vllm = list(kVllmList);
  const auto ollama = list(kOllamaList);
  const auto at = [](std::span<const ListedModel> models, std::string_view host,
                     std::optional<BackendKind> configured) {
    const auto [known, asked] = run(Recognition({configured, host, models, false}), kOllama);
    EXPECT_THAT(asked, IsEmpty()) << host;
    EXPECT_TRUE(known.certain);
    EXPECT_FALSE(known.tells_state);
    return known.kind;
  };
  EXPECT_EQ(at(vllm, "gpu.example", {}), BackendKind::vllm);
  EXPECT_EQ(at(ollama, "gpu.example", {}), BackendKind::openai);
  EXPECT_EQ(at({}, "gpu.example", {}), BackendKind::openai);
  EXPECT_EQ(at({}, "api.anthropic.com", {}), BackendKind::anthropic);
  for (const auto& [kind, name] : kBackendKinds)
    EXPECT_EQ(at(ollama, "gpu.example", kind), kind) << name;
}

TEST(Recognition, NorIsItAskedForTheStateAgain) {
  const auto private_one = probe(list(kOllamaList), kOllama);
  EXPECT_TRUE(private_one.known.tells_state);
  EXPECT_THAT(run(Recognition(private_one.known, false), kOllama).asked, IsEmpty());
}

TEST(Recognition, WhatIsSetByHandIsAskedOnlyWhatItNeeds) {
  const std::map<BackendKind, std::vector<std::string>> needs = {
      {BackendKind::vllm, {"/version", "/is_sleeping"}},
      {BackendKind::sglang, {"/server_info", "/get_server_info"}},
      {BackendKind::llama_cpp, {"/props"}},
      {BackendKind::ollama, {"/api/version", "/api/ps"}},
      {BackendKind::lm_studio, {"/api/v0/models"}},
      {BackendKind::tgi, {"/info"}},
      {BackendKind::tensorrt_llm, {"/version"}},
      {BackendKind::llm_router, {"/"}}};
  for (const auto& [kind, name] : kBackendKinds) {
    const auto [known, asked] = run(Recognition({kind, "h", {}, true}), {});
    EXPECT_EQ(known.kind, kind) << name;
    EXPECT_TRUE(known.certain) << name;
    const auto need = needs.find(kind);
    EXPECT_EQ(asked, need == needs.end() ? std::vector<std::string>() : need->second) << name;
  }
}

TEST(Recognition, StateIsForgottenIfItCannotBeAskedAgain) {
  const auto models = list(kOllamaList);
  const auto first = probe(models, kOllama);
  const auto again = run(Recognition(first.known, true), {{"/api/ps", {"", kSilence}}});
  EXPECT_EQ(again.known.kind, BackendKind::ollama);
  EXPECT_EQ(again.known.version, "0.12.6");
  EXPECT_TRUE(again.known.details(models[0]).empty());
  const auto later = run(Recognition(again.known, true), kOllama);
  EXPECT_EQ(later.known.details(models[0]).state, ModelState::loaded);
}

TEST(Recognition, SilenceIsNoAnswer) {
  const auto unknown = list(R"({"data":[{"id":"m"}]})");
  EXPECT_FALSE(probe(unknown, {{"/", {"", kSilence}}}).known.certain);
  EXPECT_FALSE(probe(list(kVllmList), {{"/", {"", kSilence}}}).known.certain);
  EXPECT_EQ(probe(list(kVllmList), {{"/", {"", kSilence}}}).known.kind, BackendKind::vllm);
  EXPECT_TRUE(probe(list(kVllmList), {{"/version", {"", kSilence}}}).known.certain);
}

TEST(Recognition, JunkIsHarmless) {
  const std::string deep(100'000, '[');
  const std::string junk[] = {"",
                              "null",
                              "[]",
                              "{}",
                              "\xff\xfe",
                              deep,
                              R"({"version":7})",
                              R"({"name":"llm-router","name":"x"})",
                              R"({"data":[]})",
                              R"({"data":[1,null,{"id":7,"state":"loaded"}]})",
                              R"({"models":[1,null,{"name":7}]})",
                              R"({"model_id":1})",
                              R"({"version":")" + std::string(100, 'x') + R"("})",
                              R"({"version":"a\nb"})",
                              R"({"default_generation_settings":[]})"};
  const auto models = list(R"({"data":[{"id":"m"}]})");
  for (const std::string& body : junk) {
    Answers all;
    for (unsigned i = 0; i <= static_cast<unsigned>(Probe::info); ++i)
      all[std::string(path_of(static_cast<Probe>(i)))] = {body};
    const auto router = body.starts_with(R"({"name")");
    const auto expected = router ? BackendKind::llm_router : BackendKind::openai;
    EXPECT_EQ(probe(models, all).known.kind, expected) << body.substr(0, 80);
    EXPECT_EQ(probe({}, all).known.kind, expected) << body.substr(0, 80);
    for (const auto& [kind, name] : kBackendKinds) {
      const auto [known, asked] = run(Recognition({kind, "h", models, true}), all);
      EXPECT_EQ(known.version, "") << name << body.substr(0, 80);
      EXPECT_TRUE(known.details(models[0]).empty()) << name << body.substr(0, 80);
    }
  }
}

}  // namespace
}  // namespace llm
