#include "server/local_answers.hpp"

#include <array>

#include "http/target.hpp"
#include "json/write.hpp"
#include "proxy/answer.hpp"
#include "server/model_answers.hpp"

namespace server {
namespace {

using base::ErrorCode;

constexpr std::string_view kText = "text/plain; charset=utf-8";

const upstream::RoutingTable* table_of(const proxy::Exchange& exchange) {
  return exchange.table.get();
}

io::Task<void> answer_root(proxy::Exchange& exchange, std::string_view /*path*/) {
  std::string body;
  json::ObjectWriter object(body);
  object.string("name", "llm-router")
      .string("version", LLM_ROUTER_VERSION)
      .string("about", "One OpenAI-compatible endpoint in front of many LLM backends.")
      .string("models", "/v1/models")
      .close();
  body.append("\n");
  co_await proxy::answer(exchange, {.body = body});
}

io::Task<void> answer_health(proxy::Exchange& exchange, std::string_view /*path*/) {
  co_await proxy::answer(exchange, {.content_type = kText, .body = "OK"});
}

io::Task<void> answer_readiness(proxy::Exchange& exchange, std::string_view /*path*/) {
  const auto* table = table_of(exchange);
  const bool serving = table != nullptr && !table->clusters.empty();
  if (exchange.worker.draining) {
    co_await proxy::answer(exchange, {.status = 503, .content_type = kText, .body = "draining"});
  } else if (!serving) {
    co_await proxy::answer(exchange,
                           {.status = 503, .content_type = kText, .body = "no models yet"});
  } else {
    co_await proxy::answer(exchange, {.content_type = kText, .body = "OK"});
  }
}

struct LocalPath {
  std::string_view path;
  LocalAnswer answer;
};

constexpr std::array<LocalPath, 4> kPaths = {{{"/", answer_root},
                                              {"/healthz", answer_health},
                                              {"/readyz", answer_readiness},
                                              {"/v1/models", answer_models}}};

}  // namespace

LocalAnswer find_local_answer(std::string_view path) {
  for (const LocalPath& local : kPaths) {
    if (llm::is_path(path, local.path)) return local.answer;
  }
  return http::model_in_path(path).value_or("").empty() ? nullptr : answer_model;
}

}  // namespace server
