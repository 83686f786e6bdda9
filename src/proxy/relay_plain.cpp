#include <array>
#include <string>

#include "base/try.hpp"
#include "http/chunked.hpp"
#include "http/forward.hpp"
#include "json/scan.hpp"
#include "json/stream_checker.hpp"
#include "json/walk.hpp"
#include "llm/error_body.hpp"
#include "proxy/answer.hpp"
#include "proxy/backend_error.hpp"
#include "proxy/relay.hpp"
#include "proxy/stored_responses.hpp"

namespace proxy {
namespace {

using base::ErrorCode;

iovec slice_of(std::string_view text) {
  return {const_cast<char*>(text.data()), text.size()};
}

io::Guard guard_of(const Exchange& exchange, const Upstream& upstream) {
  return {first_limit(upstream, false), &exchange.downstream.descriptor()};
}

auto invalid(std::string cause) {
  return base::fail_upstream(ErrorCode::upstream_invalid_response,
                             "The backend's answer is not what this endpoint answers with.",
                             std::move(cause));
}

/// Waits for more of the body; an error if the answer's or the drain's time is up. The clock is
/// looked at each time: a backend that never stops sending never lets the guard run out.
io::Task<base::Result<void>> wait_for_more(Exchange& exchange, Upstream& upstream) {
  const io::Guard guard = guard_of(exchange, upstream);
  if (exchange.is_out_of_drain()) co_return out_of_drain();
  if (exchange.now() >= guard.deadline) {
    co_return base::fail_upstream(ErrorCode::upstream_timeout,
                                  "The backend's answer took too long.");
  }
  const auto more = co_await upstream.http().read_body(guard);
  if (more) co_return base::Result<void>();
  if (exchange.is_out_of_drain()) co_return out_of_drain();
  co_return std::unexpected(more.error());
}

/// Collects the body up to `limit` bytes. True: that is all of it.
io::Task<base::Result<bool>> collect(Exchange& exchange, Upstream& upstream, std::size_t limit) {
  const http::ClientConnection& backend = upstream.http();
  while (!backend.body_complete() && backend.body().size() <= limit) {
    CO_TRY_VOID(co_await wait_for_more(exchange, upstream));
  }
  co_return backend.body().size() <= limit;
}

/// Whether the answer must be JSON: the operation promises it, or the backend says that it is,
/// which in the place of bytes is an error.
bool is_json(const Exchange& exchange, const http::ResponseHead& head) {
  if (exchange.operation->plain == llm::Plain::json) return true;
  const auto type = head.headers.find(http::HeaderId::content_type);
  constexpr std::string_view kJson = "application/json";
  return type && http::equals_ignoring_case(type->substr(0, kJson.size()), kJson);
}

base::Result<void> check(std::string_view body) {
  const auto kind = json::validate(body);
  if (!kind) return invalid("the body is not JSON: " + kind.error().message);
  if (*kind == json::Kind::object || *kind == json::Kind::array) return {};
  return invalid("the body is neither a JSON object nor an array");
}

/// An answer that is passed on while it comes and, if it is JSON, checked. Once its head is out, a
/// fault can only be shown by breaking off: no last chunk, and the connection is cut.
class PassingAnswer {
 public:
  PassingAnswer(Exchange& exchange, Upstream& upstream, bool checks)
      : exchange_(exchange),
        upstream_(upstream),
        chunked_(exchange.downstream.head().minor >= 1),
        checks_(checks) {}

  io::Task<base::Result<void>> run() {
    http::ClientConnection& backend = upstream_.http();
    CO_TRY_VOID(feed(backend.body()));
    exchange_.close = exchange_.close || !chunked_;
    if (!co_await send_head()) co_return client_left();
    backend.release_head();
    for (;;) {
      const bool last = backend.body_complete();
      if (last && checks_ && !checker_.complete()) {
        co_return broken_off(invalid("the body is cut JSON").error());
      }
      if (!co_await send(backend.body(), last)) co_return client_left();
      backend.consume(backend.body().size());
      if (last) co_return base::Result<void>();
      const auto more = co_await wait_for_more(exchange_, upstream_);
      if (!more) co_return broken_off(more.error());
      if (const auto good = feed(backend.body()); !good) co_return broken_off(good.error());
    }
  }

 private:
  static std::unexpected<base::Error> client_left() {
    return base::fail(ErrorCode::client_closed, "The client has gone.");
  }

  base::Result<void> feed(std::string_view piece) {
    if (!checks_) return {};
    if (const auto good = checker_.feed(piece); !good) {
      return invalid("the body is not JSON: " + good.error().message);
    }
    return {};
  }

  base::Result<void> broken_off(base::Error error) {
    if (error.code == ErrorCode::client_closed) return std::unexpected(std::move(error));
    // Whatever is wrong with the rest: what the client has is a part.
    if (error.code == ErrorCode::upstream_invalid_response ||
        error.code == ErrorCode::upstream_protocol_error) {
      error.code = ErrorCode::upstream_incomplete;
    }
    exchange_.failed_with(error);
    exchange_.close = true;
    // Without chunks a mere end would look like the whole.
    if (chunked_) exchange_.downstream.abort();
    if (!chunked_) exchange_.downstream.reset();
    return {};
  }

  io::Task<bool> send_head() {
    exchange_.status = upstream_.http().head().status;
    std::string head;
    append_head(head, exchange_, exchange_.status);
    http::append_response_headers(head, upstream_.http().head(), {.secrets = exchange_.secrets()});
    head.append(chunked_ ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
    std::array slices = {slice_of(head)};
    co_return co_await exchange_.write(slices, 0);
  }

  io::Task<bool> send(std::string_view piece, bool last) {
    std::string front;
    if (chunked_ && !piece.empty()) http::append_chunk_head(front, piece.size());
    std::string back = chunked_ && !piece.empty() ? std::string(http::kChunkEnd) : std::string();
    if (chunked_ && last) back.append(http::kLastChunk);
    std::array slices = {slice_of(front), slice_of(piece), slice_of(back)};
    co_return co_await exchange_.write(slices, piece.size());
  }

  Exchange& exchange_;
  Upstream& upstream_;
  bool chunked_;
  bool checks_;
  json::StreamChecker checker_;
};

}  // namespace

io::Task<base::Result<void>> relay_plain(Exchange& exchange, Upstream& upstream, HeldHead& held) {
  const http::ResponseHead& head = upstream.http().head();
  const bool is_checked = is_json(exchange, head);
  // Bytes are sent as soon as there are some.
  const std::size_t limit = is_checked ? exchange.worker.config.limits.answer : 0;
  CO_TRY(const bool collected, co_await collect(exchange, upstream, limit));
  const bool whole = is_checked ? collected : upstream.http().body_complete();
  if (!whole && exchange.client_hash) {
    remember(exchange, *upstream.endpoint, llm::ids_of_beginning(upstream.http().body()));
  }
  if (!whole) co_return co_await PassingAnswer(exchange, upstream, is_checked).run();
  const std::string_view body = upstream.http().body();
  if (is_checked) {
    CO_TRY_VOID(check(body));
    if (const auto said = llm::find_error_answer(body, upstream.endpoint->secrets())) {
      co_return co_await tell_reported_error(exchange, held, *said);
    }
  }
  if (exchange.client_hash) {
    remember(exchange, *upstream.endpoint, llm::ids_of_response(json::root(body)));
  }
  co_await pass_answer(exchange, head.status, &head, body);
  co_return base::Result<void>();
}

io::Task<base::Result<void>> relay_error(Exchange& exchange, Upstream& upstream, HeldHead& held) {
  const http::ResponseHead& head = upstream.http().head();
  CO_TRY(const bool whole,
         co_await collect(exchange, upstream, exchange.worker.config.limits.answer));
  // Of an error page larger than any answer, the beginning is enough.
  const std::string_view said =
      whole ? upstream.http().body()
            : upstream.http().body().substr(0, exchange.worker.config.limits.answer);
  std::string body = llm::normalise_backend_error(head.status, said, upstream.endpoint->secrets(),
                                                  exchange.dialect());
  co_return co_await tell_backend_error(exchange, held, std::move(body), head);
}

}  // namespace proxy
