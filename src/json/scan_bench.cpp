#include <array>
#include <string>

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include "json/scan.hpp"
#include "json/walk.hpp"

// Times per text of the shapes that pass through a proxy, beside simdjson's DOM.

namespace {

std::string chat_300() {
  return R"({"model":"qwen2.5-7b-instruct","messages":[{"role":"system","content":"You are a helpful )"
         R"(assistant."},{"role":"user","content":"Say in one sentence what a reverse proxy does, and )"
         R"(why one would want it."}],"temperature":0.7,"max_tokens":128,"top_p":1,"stream":true,)"
         R"("stream_options":{"include_usage":true},"user":"u-1234"})";
}

std::string chunk_250() {
  return R"({"id":"chatcmpl-9f0c2d7a4b6e4c1f8a3d5e7b9c1d3f5a","object":"chat.completion.chunk",)"
         R"("created":1732377600,"model":"qwen2.5-7b-instruct","choices":[{"index":0,"delta":)"
         R"({"content":" proxy"},"logprobs":null,"finish_reason":null}],"usage":null})";
}

/// Messages of prose with a line break in every 80 bytes; `model` comes last.
std::string chat(std::size_t size) {
  std::string body = R"({"messages":[{"role":"system","content":"You are a helpful assistant."})";
  while (body.size() + 100 < size) {
    body += R"(,{"role":"user","content":")";
    for (std::size_t line = 0; line < 24 && body.size() + 200 < size; ++line) {
      body += "The quick brown fox jumps over the lazy dog, then it looks around and jumps.\\n";
    }
    body += R"("})";
    if (body.size() + 300 > size) break;
  }
  return body + R"(],"stream":true,"model":"qwen2.5-7b-instruct"})";
}

std::string escaped_to_ascii(std::size_t size) {
  std::string body = R"({"messages":[{"role":"user","content":")";
  while (body.size() < size)
    body += R"(\u043f\u0440\u0438\u0432\u0435\u0442, )";
  return body + R"("}],"model":"m"})";
}

std::string utf8(std::size_t size) {
  std::string body = R"({"messages":[{"role":"user","content":")";
  while (body.size() < size)
    body += "Быстрая лиса прыгает через ленивую собаку. ";
  return body + R"("}],"model":"m"})";
}

std::string embedding(std::size_t size) {
  std::string body = R"({"model":"m","data":[0)";
  while (body.size() < size)
    body += ",-0.023064255,0.0096240935";
  return body + "]}";
}

std::string tokens(std::size_t size) {
  std::string body = R"({"model":"m","input":[0)";
  while (body.size() < size)
    body += ",128000, 791,4062,14198,39935";
  return body + "]}";
}

std::string pretty(std::size_t size) {
  std::string body = "{\n  \"model\": \"m\",\n  \"tools\": [\n    {}";
  while (body.size() < size) {
    body +=
        ",\n    {\n      \"type\": \"function\",\n      \"function\": {\n        \"name\": "
        "\"get\",\n        \"strict\": true\n      }\n    }";
  }
  return body + "\n  ]\n}";
}

void scan(benchmark::State& state, const std::string& text) {
  constexpr std::array<std::string_view, 2> kNames = {"model", "stream"};
  std::array<json::Found, 2> found;
  for (auto _ : state) {
    benchmark::DoNotOptimize(json::scan_object(text, kNames, found).has_value());
    benchmark::DoNotOptimize(found);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

void validate(benchmark::State& state, const std::string& text) {
  for (auto _ : state)
    benchmark::DoNotOptimize(json::validate(text).has_value());
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

void read_choice(const json::Value& choice) {
  for (const auto& [name, value] : json::Members(choice)) {
    if (name == "finish_reason") benchmark::DoNotOptimize(json::is_nonempty_string(value));
    if (name != "delta") continue;
    for (const auto& [part, text] : json::Members(value)) {
      if (part == "content") benchmark::DoNotOptimize(json::is_nonempty_string(text));
    }
  }
}

/// What a stream's observer asks of each event.
void walk_chunk(benchmark::State& state, const std::string& text) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(json::validate(text).has_value());
    for (const auto& [name, value] : json::Members(json::root(text))) {
      if (name != "choices") continue;
      for (const json::Value& choice : json::Elements(value))
        read_choice(choice);
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

void simdjson_dom(benchmark::State& state, const std::string& text) {
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(text);
  for (auto _ : state)
    benchmark::DoNotOptimize(parser.parse(padded).error());
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

BENCHMARK_CAPTURE(scan, chat_300, chat_300());
BENCHMARK_CAPTURE(scan, chat_8k, chat(8192));
BENCHMARK_CAPTURE(scan, chat_200k, chat(204800));
BENCHMARK_CAPTURE(scan, utf8_8k, utf8(8192));
BENCHMARK_CAPTURE(scan, ascii_escapes_8k, escaped_to_ascii(8192));
BENCHMARK_CAPTURE(scan, tokens_8k, tokens(8192));
BENCHMARK_CAPTURE(scan, pretty_8k, pretty(8192));
BENCHMARK_CAPTURE(validate, chunk_250, chunk_250());
BENCHMARK_CAPTURE(validate, embedding_20k, embedding(20480));
BENCHMARK_CAPTURE(walk_chunk, chunk_250, chunk_250());
BENCHMARK_CAPTURE(simdjson_dom, chat_300, chat_300());
BENCHMARK_CAPTURE(simdjson_dom, chunk_250, chunk_250());
BENCHMARK_CAPTURE(simdjson_dom, chat_8k, chat(8192));
BENCHMARK_CAPTURE(simdjson_dom, chat_200k, chat(204800));

}  // namespace
