#include "server/model_answers.hpp"

#include <charconv>
#include <vector>

#include "base/try.hpp"
#include "http/target.hpp"
#include "llm/anthropic_models.hpp"
#include "proxy/answer.hpp"
#include "proxy/request_checks.hpp"

namespace server {
namespace {

using base::ErrorCode;

std::string decoded(std::string_view query, std::string_view name) {
  return http::percent_decode(http::query_value(query, name).value_or("")).value_or("");
}

base::Result<llm::ModelPageQuery> read_query(const proxy::Exchange& exchange) {
  TRY(const http::Target target, http::split_target(exchange.downstream.head().target));
  llm::ModelPageQuery query{.after_id = decoded(target.query, "after_id"),
                            .before_id = decoded(target.query, "before_id")};
  if (const auto limit = http::query_value(target.query, "limit")) {
    const char* const limit_end = limit->data() + limit->size();
    const auto [end, error] = std::from_chars(limit->data(), limit_end, query.limit);
    if (error != std::errc() || end != limit_end || query.limit == 0 ||
        query.limit > llm::ModelPageQuery::kMaxLimit) {
      return base::fail(ErrorCode::bad_request, "`limit` must be a number from 1 to 1000.",
                        "limit");
    }
  }
  return query;
}

base::Result<std::string> list_models(const proxy::Exchange& exchange) {
  TRY_VOID(proxy::authenticate(exchange));
  const upstream::RoutingTable* const table = exchange.table.get();
  if (exchange.dialect() == llm::Dialect::openai) {
    return table != nullptr ? table->models_answer : R"({"object":"list","data":[]})";
  }
  TRY(const llm::ModelPageQuery query, read_query(exchange));
  std::vector<llm::ModelEntry> models;
  if (table != nullptr) {
    for (const upstream::Cluster* cluster : table->sorted)
      models.push_back({cluster->model, cluster->listing});
  }
  return llm::write_anthropic_models(models, query);
}

base::Result<std::string> find_model(proxy::Exchange& exchange, std::string_view path) {
  TRY_VOID(proxy::authenticate(exchange));
  const auto id = http::percent_decode(http::model_in_path(path).value_or(""));
  TRY(const auto* const cluster, proxy::route(exchange, id.value_or("")));
  if (exchange.dialect() == llm::Dialect::openai) return cluster->listing;
  return llm::anthropic_model_json(cluster->model, cluster->listing);
}

io::Task<void> answer_with(proxy::Exchange& exchange, base::Result<std::string> body) {
  if (!body) co_return co_await proxy::answer_error(exchange, std::move(body).error());
  co_await proxy::answer(exchange, {.body = *body});
}

}  // namespace

io::Task<void> answer_models(proxy::Exchange& exchange, std::string_view /*path*/) {
  return answer_with(exchange, list_models(exchange));
}

io::Task<void> answer_model(proxy::Exchange& exchange, std::string_view path) {
  return answer_with(exchange, find_model(exchange, path));
}

}  // namespace server
