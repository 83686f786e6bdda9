#include "proxy/request_head.hpp"

#include <algorithm>

#include "http/forward.hpp"

namespace proxy {
namespace {

constexpr std::size_t kHeadGuess = 768;  // most heads fit, so that they are one allocation

std::string_view query_of(std::string_view target) {
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark);
}

/// Anthropic's API refuses requests that don't say its version; clients of others' don't know it.
bool needs_version(const http::RequestHead& head, const upstream::Endpoint& endpoint,
                   llm::Dialect dialect) {
  if (dialect != llm::Dialect::anthropic || head.headers.find(llm::kAnthropicVersion)) return false;
  return std::ranges::none_of(endpoint.fixed_names(), [](std::string_view name) {
    return http::equals_ignoring_case(name, llm::kAnthropicVersion);
  });
}

}  // namespace

int hops(const http::RequestHead& head) {
  if (!head.headers.contains(http::HeaderId::x_router)) return 0;
  const auto value = head.headers.find(kHopHeader);
  if (!value) return 0;
  if (value->size() != 1 || value->front() < '0' || value->front() > '9') return kMaxHops;
  return value->front() - '0';
}

std::string upstream_head(const Exchange& exchange, const upstream::Endpoint& endpoint,
                          std::size_t body_size) {
  const http::RequestHead& head = exchange.downstream.head();
  const bool forward = endpoint.config().auth.kind == config::Auth::Kind::forward;
  std::string out;
  out.reserve(kHeadGuess);
  out.append(exchange.operation->method).append(" ");
  endpoint.append_path(out, exchange.api_path());
  out.append(query_of(head.target)).append(" HTTP/1.1\r\n").append(endpoint.fixed_headers());
  http::append_request_headers(
      out, head, {.forward_credentials = forward, .replaced = endpoint.fixed_names()});
  if (needs_version(head, endpoint, exchange.operation->dialect)) {
    out.append(llm::kAnthropicVersion).append(": ");
    out.append(llm::kAnthropicVersionByDefault).append("\r\n");
  }
  out.append("x-request-id: ").append(exchange.id).append("\r\n");
  out.append(kHopHeader).append(": ").append(std::to_string(hops(head) + 1));
  // RFC 9110 8.6: a method that takes no body has no length to be said.
  if (body_size > 0 || exchange.operation->method != "GET") {
    out.append("\r\nContent-Length: ").append(std::to_string(body_size));
  }
  out.append("\r\n\r\n");
  return out;
}

}  // namespace proxy
