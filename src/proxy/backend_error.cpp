#include "proxy/backend_error.hpp"

#include <algorithm>
#include <array>

#include "json/walk.hpp"
#include "llm/error_body.hpp"
#include "proxy/answer.hpp"

namespace proxy {
namespace {

constexpr int kTooManyRequests = 429;
constexpr int kUnavailable = 503;

/// Codes with which a backend says that the money is gone: trying again won't bring it back.
constexpr std::array<std::string_view, 4> kQuotaCodes = {
    "insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached",
    "spend_limit_exceeded"};

bool is_quota_exhausted(std::string_view body) {
  const json::Value error = json::find(json::root(body), "error");
  return std::ranges::any_of(std::array{"code", "type"}, [&](const char* name) {
    const auto word = json::plain_string(json::find(error, name));
    return word && std::ranges::find(kQuotaCodes, *word) != kQuotaCodes.end();
  });
}

/// Whether the SDK's own tries can't help. The backend's word, and a Retry-After, win.
bool forbids_retry(const Exchange& exchange, int status, std::string_view body,
                   const http::ResponseHead* head) {
  const bool invited = (status == kTooManyRequests || status == kUnavailable) && head != nullptr &&
                       head->headers.contains(http::HeaderId::retry_after);
  if (invited) return false;
  if (status == kTooManyRequests && is_quota_exhausted(body)) return true;
  if (head != nullptr && head->headers.contains(http::HeaderId::x_should_retry)) return false;
  if (status >= 500) return exchange.attempts >= 2;
  static constexpr std::array kPassing = {408, 409, 425, 429};
  return std::ranges::find(kPassing, status) == kPassing.end();
}

bool forwards_credentials(const Exchange& exchange) {
  const upstream::Endpoint* endpoint = exchange.endpoint();
  return endpoint != nullptr && endpoint->config().auth.kind == config::Auth::Kind::forward;
}

bool is_our_key(const Exchange& exchange, int status) {
  return (status == 401 || status == 403) && !forwards_credentials(exchange);
}

auto refused_our_key(std::string cause) {
  return base::fail_upstream(base::ErrorCode::upstream_auth_failed,
                             "The backend refused the router's credentials.", std::move(cause));
}

io::Task<void> send_error(Exchange& exchange, HeldHead& held, int status, std::string body,
                          const http::ResponseHead* head) {
  if (held.committed()) {
    const std::string event = llm::error_event(std::move(body), exchange.dialect());
    co_await held.send(event, nullptr, true);
    co_return;
  }
  if (status < 400 || status > 599) status = 502;
  const bool forbidden = forbids_retry(exchange, status, body, head);
  std::string more = "Content-Type: application/json\r\n";
  if (forbidden) more.append("x-should-retry: false\r\n");
  co_await pass_answer(exchange, status, head, body, more);
}

}  // namespace

io::Task<base::Result<void>> tell_backend_error(Exchange& exchange, HeldHead& held,
                                                std::string body, const http::ResponseHead& head) {
  std::string cause = "status " + std::to_string(head.status);
  if (is_our_key(exchange, head.status)) co_return refused_our_key(std::move(cause));
  if (held.committed()) {
    exchange.failed_with(base::fail_upstream(base::ErrorCode::upstream_stream_error,
                                             "The backend reported an error.", std::move(cause))
                             .error());
  }
  co_await send_error(exchange, held, head.status, std::move(body), &head);
  co_return base::Result<void>();
}

io::Task<base::Result<void>> tell_reported_error(Exchange& exchange, HeldHead& held,
                                                 const llm::BackendError& said) {
  if (is_our_key(exchange, said.status)) co_return refused_our_key(said.message);
  exchange.failed_with(llm::as_error(said));
  co_await send_error(exchange, held, said.status, llm::error_body(said, exchange.dialect()),
                      nullptr);
  co_return base::Result<void>();
}

}  // namespace proxy
