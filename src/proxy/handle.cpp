#include "proxy/handle.hpp"

#include "base/try.hpp"
#include "llm/call.hpp"
#include "proxy/answer.hpp"
#include "proxy/relay.hpp"
#include "proxy/request_checks.hpp"

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
  if (head.status == 404) exchange.worker.ask_again(*upstream.endpoint);
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

  HeldHead held(exchange, exchange.streamed);
  auto served = co_await forward(exchange, *cluster, {body, call.model_value}, held);
  if (served || !held.committed()) co_return served;
  co_await end_stream_with(exchange, held, served.error());
  co_return base::Result<void>();
}

}  // namespace

io::Task<void> handle(Exchange& exchange, const llm::Operation& operation) {
  exchange.operation = &operation;
  auto served = co_await serve(exchange);
  if (!served) co_await answer_error(exchange, std::move(served).error());
}

}  // namespace proxy
