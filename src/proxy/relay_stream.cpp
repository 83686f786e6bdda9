#include <algorithm>
#include <string>

#include "base/try.hpp"
#include "http/sse.hpp"
#include "json/scan.hpp"
#include "json/walk.hpp"
#include "llm/error_body.hpp"
#include "llm/error_table.hpp"
#include "llm/stream_observer.hpp"
#include "proxy/backend_error.hpp"
#include "proxy/relay.hpp"
#include "proxy/stored_responses.hpp"

namespace proxy {
namespace {

using base::ErrorCode;
using llm::Verdict;

// After the last event the backend's end of body is a packet away at most; it isn't worth more
// waiting.
constexpr std::chrono::milliseconds kEndGrace{20};

/// Whole events on their way out: the backend's own bytes, copied only if something of them must
/// not travel.
class Batch {
 public:
  explicit Batch(std::string_view source) : source_(source) {}

  void add(const http::SseEvent& event) {
    if (event.must_strip && !copied_) {
      copy_.assign(source_.substr(0, taken_));
      copied_ = true;
    }
    taken_ += event.bytes.size();
    if (event.must_strip) {
      http::append_stripped(copy_, event);
    } else if (copied_) {
      copy_.append(event.bytes);
    }
  }

  [[nodiscard]] std::string_view rest() const { return source_.substr(taken_); }
  [[nodiscard]] std::size_t taken() const { return taken_; }
  [[nodiscard]] std::string_view bytes() const {
    return copied_ ? std::string_view(copy_) : source_.substr(0, taken_);
  }

 private:
  std::string_view source_;
  std::size_t taken_ = 0;
  std::string copy_;
  bool copied_ = false;
};

/// One stream on its way. Lives in the frame of relay_stream().
class StreamRelay {
 public:
  StreamRelay(Exchange& exchange, Upstream& upstream, HeldHead& held)
      : exchange_(exchange),
        upstream_(upstream),
        held_(held),
        observer_(exchange.operation->stream, upstream.endpoint->secrets()),
        limit_(first_limit(upstream, true)) {}

  io::Task<base::Result<void>> run() {
    for (;;) {
      CO_TRY(const Step forwarded, co_await forward_events());
      if (forwarded == Step::over) co_return base::Result<void>();
      auto waited = co_await wait_for_more();
      if (waited && *waited == Step::more) continue;
      if (!waited && waited.error().code == ErrorCode::client_closed) break;
      // However the connection ended: an answer that has given its end signal is whole.
      if (observer_.complete()) co_return co_await end_well();
      co_return std::unexpected(as_seen_by_client(waited ? unfinished() : waited.error()));
    }
    co_return client_left();
  }

 private:
  enum class Step : std::uint8_t { more, over };

  [[nodiscard]] http::ClientConnection& backend() const { return upstream_.http(); }
  static std::unexpected<base::Error> client_left() {
    return base::fail(ErrorCode::client_closed, "The client has gone.");
  }

  /// Sends all whole events that have come.
  io::Task<base::Result<Step>> forward_events() {
    Batch batch(backend().body());
    bool done = false;
    while (!done) {
      const auto event = scanner_.next(batch.rest());
      if (!event) break;
      const Verdict verdict = judge(*event);
      if (verdict == Verdict::error || verdict == Verdict::broken) {
        CO_TRY_VOID(co_await pass_on_error(batch.bytes()));
        co_return Step::over;
      }
      if (verdict == Verdict::done && !observer_.complete()) {
        // A response says itself that it is whole; `[DONE]` alone is no word of that.
        if (!co_await send(batch.bytes(), false)) co_return client_left();
        co_return std::unexpected(as_seen_by_client(unfinished()));
      }
      done = verdict == Verdict::done;
      batch.add(*event);
    }
    const base::Instant before = exchange_.now();
    if (!co_await send(batch.bytes(), done)) co_return client_left();
    limit_ += exchange_.now() - before;  // a client that reads slowly is not the backend's fault
    if (batch.taken() > 0) backend().consume(batch.taken());
    // The head's fields have been sent: an idle stream keeps no buffer for them.
    if (held_.committed()) backend().release_head();
    if (!done) co_return Step::more;
    const io::Guard guard{exchange_.now() + kEndGrace, &exchange_.downstream.descriptor()};
    while (!backend().body_complete() && co_await backend().read_body(guard)) {
      backend().consume(backend().body().size());
    }
    co_return Step::over;
  }

  Verdict judge(const http::SseEvent& event) {
    if (!event.error_field.empty()) return observer_.observe_error_field(event.error_field);
    if (!event.has_data) return Verdict::pass;  // a comment: no progress
    const Verdict verdict = observer_.observe(event.name, event.data);
    if (verdict == Verdict::ping) return verdict;  // no more than a comment
    if (exchange_.client_hash && !is_remembered_) remember_response(event.data);
    if (!exchange_.first_event) exchange_.first_event = exchange_.now() - exchange_.start;
    // The clock between tokens starts with the first one: before that, a model may think.
    if (observer_.started()) {
      limit_ = exchange_.now() + upstream_.endpoint->config().timeouts.idle;
    }
    return verdict;
  }

  /// The first events of a response hold it as it is so far.
  void remember_response(std::string_view data) {
    if (!json::validate(data)) return;
    const auto ids = llm::ids_of_response(json::find(json::root(data), "response"));
    is_remembered_ = !ids.response.empty() || observer_.started();
    remember(exchange_, *upstream_.endpoint, ids);
  }

  io::Task<bool> send(std::string_view events, bool last) {
    // Comments alone are no reason to give up the status.
    const bool worthless = events.empty() || (!held_.committed() && !exchange_.first_event);
    if (worthless && !last) co_return true;
    co_return co_await held_.send(events, &backend().head(), last);
  }

  /// Waits for bytes; `over` if the backend has ended its body.
  io::Task<base::Result<Step>> wait_for_more() {
    if (backend().body().size() > exchange_.worker.config.limits.event) {
      co_return base::fail_upstream(ErrorCode::upstream_response_too_large,
                                    "The backend sent an event without an end.");
    }
    // Checked here too: a backend that only ever sends comments never lets the guard run out.
    while (exchange_.now() < limit_) {
      if (exchange_.is_out_of_drain()) co_return out_of_drain();
      const io::Guard guard{std::min(limit_, held_.next()), &exchange_.downstream.descriptor()};
      auto more = co_await backend().read_body(guard);
      if (more) co_return *more ? Step::more : Step::over;
      if (more.error().code != ErrorCode::upstream_timeout) {
        co_return std::unexpected(std::move(more).error());
      }
      if (exchange_.now() >= held_.next() && !co_await held_.act()) co_return client_left();
    }
    if (observer_.started()) {
      co_return base::fail_upstream(ErrorCode::upstream_stalled,
                                    "The backend stopped sending in the middle of its answer.");
    }
    co_return base::fail_upstream(ErrorCode::upstream_timeout,
                                  "The backend sent no first token in time.");
  }

  /// The backend's own error. Without content before it, it can still be an answer with a status.
  io::Task<base::Result<void>> pass_on_error(std::string_view before) {
    if (observer_.started() && !co_await held_.send(before, &backend().head(), false)) {
      co_return client_left();
    }
    co_return co_await tell_reported_error(exchange_, held_, observer_.error());
  }

  io::Task<base::Result<void>> end_well() {
    if (!co_await held_.send({}, &backend().head(), true)) co_return client_left();
    co_return base::Result<void>();
  }

  static base::Error unfinished() {
    return base::fail_upstream(ErrorCode::upstream_incomplete,
                               "The backend ended the stream before its answer was complete.",
                               "no end signal")
        .error();
  }

  /// Once the head is out there is one word for every way in which a stream can break.
  [[nodiscard]] base::Error as_seen_by_client(base::Error error) const {
    const bool broke = error.code == ErrorCode::upstream_incomplete ||
                       error.code == ErrorCode::upstream_protocol_error;
    if (held_.committed() && broke) error.code = ErrorCode::upstream_stream_error;
    return error;
  }

  Exchange& exchange_;
  Upstream& upstream_;
  HeldHead& held_;
  http::SseScanner scanner_;
  llm::StreamObserver observer_;
  base::Instant limit_;
  bool is_remembered_ = false;  // or isn't going to be
};

}  // namespace

io::Task<base::Result<void>> relay_stream(Exchange& exchange, Upstream& upstream, HeldHead& held) {
  StreamRelay relay(exchange, upstream, held);
  co_return co_await relay.run();
}

io::Task<void> end_stream_with(Exchange& exchange, HeldHead& held, const base::Error& error) {
  exchange.failed_with(error);
  if (error.code == ErrorCode::client_closed) {
    exchange.abandoned();
    co_return;
  }
  co_await held.send(llm::error_event(error, exchange.dialect()), nullptr, true);
}

}  // namespace proxy
