#include "proxy/answer.hpp"

#include <array>
#include <utility>

#include "http/forward.hpp"
#include "llm/error_body.hpp"
#include "llm/error_table.hpp"

namespace proxy {
namespace {

using base::ErrorCode;

constexpr std::size_t kHeadGuess = 512;  // most heads fit, so that they are one allocation

iovec slice_of(std::string_view text) {
  return {const_cast<char*>(text.data()), text.size()};
}

void append_length(std::string& out, std::size_t bytes) {
  out.append("Content-Length: ").append(std::to_string(bytes)).append("\r\n");
}

/// What will pass in moments invites another try soon; the SDKs obey the header.
std::string_view retry_after(ErrorCode code) {
  const bool passing = code == ErrorCode::models_loading || code == ErrorCode::router_overloaded ||
                       code == ErrorCode::router_draining;
  return passing ? "Retry-After: 1\r\n" : std::string_view();
}

/// SDKs try three times by themselves; they are told where that can't help, or where the router has
/// tried already. Never beside a Retry-After, which says the opposite.
bool forbids_retry(const Exchange& exchange, const llm::ErrorFacts& facts) {
  if (!retry_after(facts.code).empty()) return false;
  if (facts.advice == llm::RetryAdvice::never) return true;
  return facts.status >= 500 && exchange.attempts >= 2;
}

}  // namespace

std::string_view reason(int status) {
  static constexpr auto kReasons = std::to_array<std::pair<int, std::string_view>>({
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {402, "Payment Required"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {417, "Expectation Failed"},
      {422, "Unprocessable Content"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
      {508, "Loop Detected"},
  });
  for (const auto& [code, text] : kReasons) {
    if (code == status) return text;
  }
  return {};
}

void append_head(std::string& out, const Exchange& exchange, int status) {
  out.append("HTTP/1.1 ").append(std::to_string(status)).append(" ").append(reason(status));
  out.append("\r\nx-request-id: ").append(exchange.id).append("\r\n");
  // By this name Anthropic's clients look for it.
  if (exchange.dialect() == llm::Dialect::anthropic) {
    out.append("request-id: ").append(exchange.id).append("\r\n");
  }
  out.append(exchange.connection_line());
}

io::Task<bool> answer(Exchange& exchange, Answer what) {
  exchange.status = what.status;
  exchange.streamed = false;
  std::string head;
  head.reserve(kHeadGuess);
  append_head(head, exchange, what.status);
  head.append("Content-Type: ").append(what.content_type).append("\r\n").append(what.headers);
  append_length(head, what.body.size());
  head.append("\r\n");
  const bool bodiless = exchange.method() == "HEAD";
  const std::string_view body = bodiless ? std::string_view() : what.body;
  std::array slices = {slice_of(head), slice_of(body)};
  co_return co_await exchange.write(slices, body.size());
}

io::Task<bool> pass_answer(Exchange& exchange, int status, const http::ResponseHead* from,
                           std::string_view body, std::string_view ours) {
  // A body of ours has no coding of theirs.
  static constexpr std::array<std::string_view, 3> kReplaced = {"content-type", "content-encoding",
                                                                "x-should-retry"};
  const std::size_t replaced = ours.empty() ? 0 : ours.contains(kReplaced[2]) ? 3 : 2;
  exchange.status = status;
  exchange.streamed = false;
  std::string head;
  head.reserve(kHeadGuess);
  append_head(head, exchange, status);
  if (from != nullptr) {
    http::append_response_headers(
        head, *from,
        {.replaced = std::span(kReplaced).first(replaced), .secrets = exchange.secrets()});
  }
  head.append(ours);
  append_length(head, body.size());
  head.append("\r\n");
  std::array slices = {slice_of(head), slice_of(body)};
  co_return co_await exchange.write(slices, body.size());
}

io::Task<void> answer_error(Exchange& exchange, base::Error error, std::string_view more_headers) {
  exchange.failed_with(error);
  if (error.code == ErrorCode::client_closed) {
    exchange.abandoned();
    co_return;
  }
  const llm::ErrorFacts& facts = llm::facts(error.code);
  std::string headers(more_headers);
  headers.append(retry_after(error.code));
  if (forbids_retry(exchange, facts)) headers.append("x-should-retry: false\r\n");
  const std::string body = llm::error_body(error, exchange.dialect());
  co_await answer(exchange, {.status = facts.status, .body = body, .headers = headers});
}

}  // namespace proxy
