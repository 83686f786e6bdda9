#include "llm/recognition.hpp"

#include <gmock/gmock.h>

#include "llm/recognition_testing.hpp"

// Each kind of backend, by its own words.

namespace llm {
namespace {

using testing::Answer;
using ::testing::ElementsAre;
using testing::kOllama;
using testing::kOllamaList;
using testing::kVllmList;
using testing::list;
using testing::probe;
using testing::run;

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

}  // namespace
}  // namespace llm
