#include "llm/recognition.hpp"

#include <map>

#include <gmock/gmock.h>

// The answers are what the programs send (shortened), each by its path; all else is a 404.

namespace llm {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Answer {
  std::string body;
  int status = 200;
};
constexpr int kSilence = 0;
using Answers = std::map<std::string, Answer, std::less<>>;

struct Outcome {
  Recognised known;
  std::vector<std::string> asked;
};

Outcome run(Recognition recognition, const Answers& answers) {
  std::vector<std::string> asked;
  while (const auto probe = recognition.next()) {
    const std::string_view path = path_of(*probe);
    asked.emplace_back(path);
    const auto found = answers.find(path);
    const Answer answer =
        found == answers.end() ? Answer{R"({"detail":"Not Found"})", 404} : found->second;
    if (answer.status == kSilence) {
      recognition.on_silence();
    } else {
      recognition.on_answer(answer.status, answer.body);
    }
    if (asked.size() > 20) break;
  }
  return {std::move(recognition).take(), asked};
}

std::vector<ListedModel> list(std::string_view body) {
  return parse_model_list(body).value().models;
}

Outcome probe(std::span<const ListedModel> models, const Answers& answers) {
  return run(Recognition({.configured = {}, .host = "h", .models = models, .may_probe = true}),
             answers);
}

const auto kVllmList = R"({"object":"list","data":[{"id":"Qwen/Qwen3-8B","object":"model",
  "created":1,"owned_by":"vllm","root":"Qwen/Qwen3-8B","parent":null,"max_model_len":40960,
  "permission":[]}]})";

TEST(Recognition, Vllm) {
  const auto models = list(kVllmList);
  const auto [known, asked] = probe(models, {{"/version", {R"({"version":"0.11.0"})"}}});
  EXPECT_EQ(known.kind, BackendKind::vllm);
  EXPECT_TRUE(known.certain);
  EXPECT_EQ(known.version, "0.11.0");
  EXPECT_EQ(known.details(models[0]).context_length, 40960U);
  EXPECT_EQ(known.details(models[0]).state, ModelState::unknown);
  EXPECT_FALSE(known.tells_state);
  EXPECT_THAT(asked, ElementsAre("/", "/version", "/is_sleeping"));
}

TEST(Recognition, VllmAsleep) {
  const auto models = list(kVllmList);
  const auto first = probe(models, {{"/is_sleeping", {R"({"is_sleeping":true})"}}});
  EXPECT_EQ(first.known.details(models[0]).state, ModelState::sleeping);
  const auto again =
      run(Recognition(first.known, true), {{"/is_sleeping", {R"({"is_sleeping":false})"}}});
  EXPECT_EQ(again.known.details(models[0]).state, ModelState::loaded);
  EXPECT_THAT(again.asked, ElementsAre("/is_sleeping"));
}

TEST(Recognition, Sglang) {
  const auto models = list(R"({"data":[{"id":"m","owned_by":"sglang","max_model_len":4096}]})");
  const Answer info{R"({"model_path":"/m","version":"0.5.4","api_key":"secret-of-it"})"};
  const auto [known, asked] = probe(models, {{"/server_info", info}});
  EXPECT_EQ(known.kind, BackendKind::sglang);
  EXPECT_EQ(known.version, "0.5.4");
  EXPECT_EQ(known.details(models[0]).context_length, 4096U);
  EXPECT_THAT(asked, ElementsAre("/", "/server_info"));
  const auto old = probe(models, {{"/get_server_info", info}});
  EXPECT_EQ(old.known.version, "0.5.4");
  EXPECT_THAT(old.asked, ElementsAre("/", "/server_info", "/get_server_info"));
}

TEST(Recognition, LlamaCpp) {
  const auto models = list(R"({"models":[{"name":"m.gguf"}],"object":"list","data":[{"id":"m.gguf",
    "object":"model","created":1,"owned_by":"llamacpp","meta":{"vocab_type":2,"n_vocab":32000,
    "n_ctx_train":131072,"n_embd":4096}}]})");
  const auto [known, asked] =
      probe(models, {{"/", {"<!doctype html>"}},
                     {"/props", {R"({"default_generation_settings":{"n_ctx":8192},"total_slots":4,
                       "build_info":"b8681-Debian","is_sleeping":false})"}}});
  EXPECT_EQ(known.kind, BackendKind::llama_cpp);
  EXPECT_EQ(known.version, "b8681-Debian");
  EXPECT_EQ(known.details(models[0]), (ModelDetails{8192, 131072, ModelState::loaded}));
  EXPECT_THAT(asked, ElementsAre("/", "/props"));
}

TEST(Recognition, LlamaCppAsRouter) {
  const auto models = list(R"({"object":"list","data":[
    {"id":"a","owned_by":"llamacpp","status":{"value":"loaded","args":["-c","4096"]}},
    {"id":"b","owned_by":"llamacpp","status":{"value":"unloaded","failed":true,"exit_code":1}},
    {"id":"c","owned_by":"llamacpp","status":{"value":"sleeping"}}]})");
  const auto [known, asked] = probe(models, {});
  EXPECT_EQ(known.kind, BackendKind::llama_cpp_router);
  EXPECT_EQ(known.details(models[0]).state, ModelState::loaded);
  EXPECT_EQ(known.details(models[1]).state, ModelState::failed);
  EXPECT_EQ(known.details(models[2]).state, ModelState::sleeping);
  EXPECT_THAT(asked, ElementsAre("/"));
  const auto empty = probe({}, {{"/props", {R"({"role":"router","max_instances":4,
    "default_generation_settings":{"params":{},"n_ctx":0}})"}}});
  EXPECT_EQ(empty.known.kind, BackendKind::llama_cpp_router);
}

const auto kOllamaList = R"({"object":"list","data":[
  {"id":"llama3:latest","object":"model","created":1,"owned_by":"library"},
  {"id":"qwen3:8b","object":"model","created":1,"owned_by":"library"}]})";
const Answers kOllama = {{"/", {"Ollama is running"}},
                         {"/api/version", {R"({"version":"0.12.6"})"}},
                         {"/api/ps", {R"({"models":[{"name":"llama3:latest","model":"llama3:latest",
                           "expires_at":"2026-11-23T17:22:06Z","size_vram":1,
                           "context_length":4096}]})"}}};

TEST(Recognition, Ollama) {
  const auto models = list(kOllamaList);
  const auto [known, asked] = probe(models, kOllama);
  EXPECT_EQ(known.kind, BackendKind::ollama);
  EXPECT_EQ(known.version, "0.12.6");
  EXPECT_EQ(known.details(models[0]), (ModelDetails{4096, {}, ModelState::loaded}));
  EXPECT_EQ(known.details(models[1]), (ModelDetails{{}, {}, ModelState::unloaded}));
  EXPECT_THAT(asked, ElementsAre("/", "/api/version", "/api/ps"));
}

TEST(Recognition, WhatPosesAsOllamaIsNotBelieved) {
  const auto models = list(R"({"data":[{"id":"m"}]})");
  const auto [known, asked] = probe(models, {{"/", {"Ollama is running"}}});
  EXPECT_EQ(known.kind, BackendKind::openai);
  EXPECT_THAT(asked, ElementsAre("/", "/api/version", "/api/v0/models", "/info"));
}

TEST(Recognition, LmStudio) {
  const auto models = list(R"({"data":[{"id":"a","owned_by":"organization_owner"},{"id":"b"}]})");
  // It answers 200 to everything.
  const Answer unexpected{R"x({"error":"Unexpected endpoint or method. (GET /)"})x"};
  const auto [known, asked] = probe(
      models,
      {{"/", unexpected}, {"/info", unexpected}, {"/api/v0/models", {R"({"object":"list","data":[
                 {"id":"a","type":"llm","state":"not-loaded","max_context_length":32768},
                 {"id":"b","type":"llm","state":"loaded","max_context_length":131072,
                  "loaded_context_length":4096}]})"}}});
  EXPECT_EQ(known.kind, BackendKind::lm_studio);
  EXPECT_EQ(known.details(models[0]), (ModelDetails{{}, 32768, ModelState::unloaded}));
  EXPECT_EQ(known.details(models[1]), (ModelDetails{4096, 131072, ModelState::loaded}));
  EXPECT_EQ(known.tells_state, Probe::lm_studio_models);
  EXPECT_THAT(asked, ElementsAre("/", "/api/v0/models"));
}

TEST(Recognition, Tgi) {
  const auto models = list(R"({"data":[{"id":"org/m","created":0,"owned_by":"org/m"}]})");
  const auto [known, asked] =
      probe(models, {{"/info", {R"({"model_id":"org/m","max_input_tokens":4095,
        "max_total_tokens":4096,"router":"text-generation-router","version":"3.3.4"})"}}});
  EXPECT_EQ(known.kind, BackendKind::tgi);
  EXPECT_EQ(known.version, "3.3.4");
  EXPECT_EQ(known.details(models[0]).context_length, 4096U);
}

TEST(Recognition, TensorRt) {
  const auto models = list(R"({"data":[{"id":"m","owned_by":"tensorrt_llm"}]})");
  const auto [known, asked] = probe(models, {{"/version", {R"({"version":"1.2.0"})"}}});
  EXPECT_EQ(known.kind, BackendKind::tensorrt_llm);
  EXPECT_EQ(known.version, "1.2.0");
}

// It passes on the entries of the backends behind it, and so their maker's name.
TEST(Recognition, AnotherRouterThoughItsListSaysVllm) {
  const auto [known, asked] =
      probe(list(kVllmList), {{"/", {R"({"name":"llm-router","version":"0.1.0"})"}}});
  EXPECT_EQ(known.kind, BackendKind::llm_router);
  EXPECT_EQ(known.version, "0.1.0");
  EXPECT_THAT(asked, ElementsAre("/"));
}

TEST(Recognition, OfAnUnknownOneIsAskedFewQuestions) {
  const auto models = list(R"({"data":[{"id":"m","owned_by":"me"},{"id":"n","owned_by":"vllm"}]})");
  const auto [known, asked] = probe(models, {});
  EXPECT_EQ(known.kind, BackendKind::openai);
  EXPECT_TRUE(known.certain);
  EXPECT_THAT(asked, ElementsAre("/", "/api/v0/models", "/info"));
}

TEST(Recognition, WithoutAListEverythingThatTellsIsAsked) {
  const auto [known, asked] = probe({}, {});
  EXPECT_EQ(known.kind, BackendKind::openai);
  EXPECT_THAT(asked, ElementsAre("/", "/api/v0/models", "/info", "/props", "/server_info",
                                 "/get_server_info"));
  const Answer props{R"({"default_generation_settings":{"n_ctx":512}})"};
  EXPECT_EQ(probe({}, {{"/props", props}}).known.kind, BackendKind::llama_cpp);
}

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
