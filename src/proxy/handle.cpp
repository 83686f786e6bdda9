#include "proxy/handle.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/try.hpp"
#include "http/target.hpp"
#include "json/scan.hpp"
#include "llm/call.hpp"
#include "proxy/answer.hpp"
#include "proxy/relay.hpp"
#include "proxy/request_checks.hpp"
#include "proxy/stored_responses.hpp"

namespace proxy {
namespace {

using base::ErrorCode;

bool is_event_stream(const http::ResponseHead& head) {
  const auto type = head.headers.find(http::HeaderId::content_type);
  constexpr std::string_view kEventStream = "text/event-stream";
  return type && http::equals_ignoring_case(type->substr(0, kEventStream.size()), kEventStream);
}

/// What kind of answer it is must be what was asked for.
base::Result<void> check_kind(const http::ResponseHead& head, bool streaming) {
  const auto invalid = [](std::string_view message, std::string cause) {
    return base::fail_upstream(ErrorCode::upstream_invalid_response, std::string(message),
                               std::move(cause));
  };
  if (head.status < 200 || head.status > 299) {
    return invalid("The backend answered with a redirect.",
                   "status " + std::to_string(head.status));
  }
  if (const auto coding = head.headers.find(http::HeaderId::content_encoding);
      coding && !http::equals_ignoring_case(*coding, "identity")) {
    return invalid("The backend compressed its answer though it was asked not to.", {});
  }
  if (streaming == is_event_stream(head)) return {};
  return streaming ? invalid("A stream was asked for, but the backend did not stream.", {})
                   : invalid("The backend streamed though no stream was asked for.", {});
}

io::Task<base::Result<void>> relay(Exchange& exchange, Upstream& upstream, HeldHead& held) {
  const http::ResponseHead& head = upstream.http().head();
  const bool names_model = !exchange.operation->model_member.empty();
  if (head.status == 404 && names_model) exchange.worker.ask_again(*upstream.endpoint);
  if (head.status >= 400) co_return co_await relay_error(exchange, upstream, held);
  CO_TRY_VOID(check_kind(head, exchange.streamed));
  if (exchange.streamed) co_return co_await relay_stream(exchange, upstream, held);
  co_return co_await relay_plain(exchange, upstream, held);
}

/// From the call to the end of the answer; an error is still to be told to the client.
io::Task<base::Result<void>> forward(Exchange& exchange, const upstream::Cluster& cluster,
                                     RequestBody body, HeldHead& held) {
  CO_TRY(auto upstream, co_await attempt(exchange, cluster, body, held));
  // A stream can last for hours: it keeps nothing of the request.
  if (exchange.streamed) exchange.downstream.release_request();
  auto relayed = co_await relay(exchange, upstream, held);
  exchange.worker.connector.give_back(*upstream.endpoint, std::move(upstream.connection));
  co_return relayed;
}

/// The same, but for an error that can only be told in the stream: that is told.
io::Task<base::Result<void>> forward_held(Exchange& exchange, const upstream::Cluster& cluster,
                                          RequestBody body) {
  HeldHead held(exchange, exchange.streamed);
  auto served = co_await forward(exchange, cluster, body, held);
  if (served || !held.committed()) co_return served;
  co_await end_stream_with(exchange, held, served.error());
  co_return base::Result<void>();
}

/// One endpoint of a cluster, which calls the model as it does there.
upstream::Cluster only(upstream::EndpointPtr endpoint, std::string_view own_name) {
  return {.model = {},
          .endpoints = {std::move(endpoint)},
          .listing = {},
          .names = {std::string(own_name)}};
}

io::Task<base::Result<void>> serve(Exchange& exchange) {
  CO_TRY_VOID(check_head(exchange));
  CO_TRY_VOID(authenticate(exchange));
  CO_TRY(const auto body,
         co_await exchange.downstream.read_body(exchange.worker.config.limits.body));
  exchange.bytes_in = body.size();
  CO_TRY(const auto call, llm::read_call(*exchange.operation, body));
  CO_TRY(const auto* const cluster, route(exchange, call.model()));
  exchange.routed_to(*cluster);
  exchange.streamed = call.stream && exchange.operation->stream != llm::StreamForm::none;
  const RequestBody request{body, call.model_value};
  if (exchange.operation->stream != llm::StreamForm::responses) {
    co_return co_await forward_held(exchange, *cluster, request);
  }
  exchange.client_hash = client_of(exchange);
  CO_TRY(auto owner, owner_of(exchange, call, *cluster));
  if (!owner) co_return co_await forward_held(exchange, *cluster, request);
  const std::string_view own_name = cluster->name_at(*owner);
  const upstream::Cluster pinned = only(std::move(owner), own_name);
  co_return co_await forward_held(exchange, pinned, request);
}

/// Its body, if there is one, is the backend's business, but JSON.
base::Result<void> check_optional_json(std::string_view body) {
  if (body.empty()) return {};
  TRY_VOID(json::validate(body));
  return {};
}

io::Task<base::Result<void>> serve_stored(Exchange& exchange, llm::StoredPath path) {
  CO_TRY_VOID(check_hops(exchange));
  CO_TRY_VOID(authenticate(exchange));
  CO_TRY(auto maker, maker_of(exchange, path.id));
  // Before the body is read: the buffer that holds the head may grow.
  const std::string_view target = exchange.downstream.head().target;
  const std::string_view whole = target.substr(0, target.find('?'));
  const std::string_view query = target.substr(std::min(target.size(), whole.size() + 1));
  exchange.stored_path = whole.starts_with("/v1/") ? "" : llm::kApiVersion;
  exchange.stored_path.append(whole);
  exchange.streamed = exchange.operation->stream != llm::StreamForm::none &&
                      http::query_value(query, "stream") == "true";
  CO_TRY(const auto body,
         co_await exchange.downstream.read_body(exchange.worker.config.limits.body));
  exchange.bytes_in = body.size();
  CO_TRY_VOID(check_optional_json(body));
  const upstream::Cluster pinned = only(std::move(maker), {});
  co_return co_await forward_held(exchange, pinned, {.bytes = body, .model = {}});
}

}  // namespace

io::Task<void> handle(Exchange& exchange, const llm::Operation& operation) {
  exchange.operation = &operation;
  auto served = co_await serve(exchange);
  if (!served) co_await answer_error(exchange, std::move(served).error());
}

io::Task<void> handle_stored(Exchange& exchange, const llm::Operation& operation,
                             llm::StoredPath path) {
  exchange.operation = &operation;
  auto served = co_await serve_stored(exchange, path);
  if (!served) co_await answer_error(exchange, std::move(served).error());
}

}  // namespace proxy
