#pragma once

#include <map>
#include <string>
#include <vector>

#include "llm/recognition.hpp"

/// For the tests of recognition: backends that pretend. The answers are what the programs send
/// (shortened), each by its path; all else is a 404.
namespace llm::testing {

struct Answer {
  std::string body;
  int status = 200;
};
inline constexpr int kSilence = 0;
using Answers = std::map<std::string, Answer, std::less<>>;

struct Outcome {
  Recognised known;
  std::vector<std::string> asked;
};

inline Outcome run(Recognition recognition, const Answers& answers) {
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

inline std::vector<ListedModel> list(std::string_view body) {
  return parse_model_list(body).value().models;
}

inline Outcome probe(std::span<const ListedModel> models, const Answers& answers) {
  return run(Recognition({.configured = {}, .host = "h", .models = models, .may_probe = true}),
             answers);
}

inline constexpr std::string_view kVllmList =
    R"({"object":"list","data":[{"id":"Qwen/Qwen3-8B","object":"model",
  "created":1,"owned_by":"vllm","root":"Qwen/Qwen3-8B","parent":null,"max_model_len":40960,
  "permission":[]}]})";

inline constexpr std::string_view kOllamaList = R"({"object":"list","data":[
  {"id":"llama3:latest","object":"model","created":1,"owned_by":"library"},
  {"id":"qwen3:8b","object":"model","created":1,"owned_by":"library"}]})";
inline const Answers kOllama = {
    {"/", {"Ollama is running"}},
    {"/api/version", {R"({"version":"0.12.6"})"}},
    {"/api/ps", {R"({"models":[{"name":"llama3:latest","model":"llama3:latest",
                           "expires_at":"2026-11-23T17:22:06Z","size_vram":1,
                           "context_length":4096}]})"}}};

}  // namespace llm::testing
