// The budgets: 350 ns for a typical SDK's request head, 250 ns for a response head, 5 ns a name.
#include <array>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

#include "http/chunked.hpp"
#include "http/forward.hpp"
#include "http/header_id.hpp"
#include "http/request_head.hpp"
#include "http/response_head.hpp"
#include "http/target.hpp"

namespace {

constexpr std::string_view kRequest =
    "POST /v1/chat/completions HTTP/1.1\r\n"
    "Host: localhost:8080\r\n"
    "Accept: application/json\r\n"
    "Content-Type: application/json\r\n"
    "User-Agent: OpenAI/JS 7.57.0\r\n"
    "X-Stainless-Retry-Count: 0\r\n"
    "Authorization: Bearer sk-0123456789abcdefghijklmnopqrstuv\r\n"
    "Connection: keep-alive\r\n"
    "Content-Length: 300\r\n"
    "\r\n";

constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\n"
    "date: Mon, 23 Nov 2026 16:00:00 GMT\r\n"
    "server: uvicorn\r\n"
    "content-type: application/json\r\n"
    "x-request-id: 01234567-89ab-cdef-0123-456789abcdef\r\n"
    "content-length: 1234\r\n"
    "\r\n";

void request_head(benchmark::State& state) {
  http::RequestHeadParser parser;
  http::RequestHead head;
  for (auto _ : state) {
    parser.reset();
    benchmark::DoNotOptimize(parser.parse(kRequest, head));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(request_head);

void request_head_byte_by_byte(benchmark::State& state) {
  http::RequestHeadParser parser;
  http::RequestHead head;
  const std::string large = std::string(kRequest.substr(0, kRequest.size() - 2)) +
                            "X: " + std::string(static_cast<std::size_t>(state.range(0)), 'x') +
                            "\r\n\r\n";
  for (auto _ : state) {
    parser.reset();
    for (std::size_t size = 1; size <= large.size(); ++size)
      benchmark::DoNotOptimize(parser.parse(std::string_view(large).substr(0, size), head));
  }
  state.SetComplexityN(state.range(0));
}
BENCHMARK(request_head_byte_by_byte)->Range(1024, 32'000)->Complexity(benchmark::oN);

void response_head(benchmark::State& state) {
  http::ResponseHeadParser parser;
  http::ResponseHead head;
  for (auto _ : state) {
    parser.reset();
    benchmark::DoNotOptimize(parser.parse(kResponse, head));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(response_head);

void identify(benchmark::State& state) {
  constexpr std::array<std::string_view, 8> kNames = {
      "Host",          "Content-Type", "X-Stainless-Retry-Count", "x-stainless-arch",
      "Authorization", "Connection",   "openai-organization",     "Content-Length"};
  for (auto _ : state)
    for (const std::string_view name : kNames)
      benchmark::DoNotOptimize(http::identify(name));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kNames.size()));
}
BENCHMARK(identify);

void forward_request(benchmark::State& state) {
  http::RequestHeadParser parser;
  http::RequestHead head;
  benchmark::DoNotOptimize(parser.parse(kRequest, head));
  std::string out;
  for (auto _ : state) {
    out.clear();
    http::append_request_headers(out, head, {});
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(forward_request);

void forward_response(benchmark::State& state) {
  http::ResponseHeadParser parser;
  http::ResponseHead head;
  benchmark::DoNotOptimize(parser.parse(kResponse, head));
  std::string out;
  for (auto _ : state) {
    out.clear();
    http::append_response_headers(out, head);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(forward_response);

void split_target(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(http::split_target("/v1/chat/completions"));
}
BENCHMARK(split_target);

// One token's event in one chunk, as most backends send it.
void chunked_token(benchmark::State& state) {
  const std::string payload(220, 'x');
  std::string chunk;
  http::append_chunk_head(chunk, payload.size());
  chunk.append(payload).append(http::kChunkEnd);
  http::ChunkedDecoder decoder(http::ChunkedDecoder::Side::response);
  std::string buffer;
  for (auto _ : state) {
    buffer.assign(chunk);
    benchmark::DoNotOptimize(decoder.decode(buffer));
  }
}
BENCHMARK(chunked_token);

}  // namespace
