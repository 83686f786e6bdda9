#include "server/local_answers.hpp"

#include <array>

#include "base/try.hpp"
#include "http/target.hpp"
#include "json/write.hpp"
#include "proxy/answer.hpp"
#include "proxy/request_checks.hpp"

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

io::Task<void> answer_models(proxy::Exchange& exchange, std::string_view /*path*/) {
  if (auto allowed = proxy::authenticate(exchange); !allowed) {
    co_return co_await proxy::answer_error(exchange, std::move(allowed).error());
  }
  const auto* table = table_of(exchange);
  co_await proxy::answer(exchange,
                         {.body = table != nullptr ? std::string_view(table->models_answer)
                                                   : R"({"object":"list","data":[]})"});
}

base::Result<std::string_view> find_model(const proxy::Exchange& exchange, std::string_view path) {
  TRY_VOID(proxy::authenticate(exchange));
  const auto id = http::percent_decode(http::model_in_path(path).value_or(""));
  TRY(const auto* const cluster, proxy::route(exchange, id.value_or("")));
  return cluster->listing;
}

io::Task<void> answer_model(proxy::Exchange& exchange, std::string_view path) {
  auto listing = find_model(exchange, path);
  if (!listing) co_return co_await proxy::answer_error(exchange, std::move(listing).error());
  co_await proxy::answer(exchange, {.body = *listing});
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
