#include "proxy/attempts.hpp"

#include <utility>

#include "base/try.hpp"

namespace proxy {
namespace {

using base::ErrorCode;
enum class Choice : std::uint8_t { pooled_or_new, new_only };

/// Waits for the answer's head; a stream's own head may have to go out meanwhile.
io::Task<base::Result<void>> await_head(Exchange& exchange, const Upstream& upstream,
                                        HeldHead& held) {
  const base::Instant limit = first_limit(upstream, exchange.streamed);
  for (;;) {
    const io::Guard guard{std::min(limit, held.next()), &exchange.downstream.descriptor()};
    auto read = co_await upstream.http().read_head(guard);
    const bool interrupted = !read && read.error().code == ErrorCode::upstream_timeout;
    if (!interrupted || exchange.now() >= limit) co_return read;
    if (exchange.is_out_of_drain()) co_return out_of_drain();
    if (exchange.now() >= held.next() && !co_await held.act()) {
      co_return base::fail(ErrorCode::client_closed, "The client has gone.");
    }
  }
}

io::Task<base::Result<Upstream>> exchange_once(Exchange& exchange, upstream::Endpoint& endpoint,
                                               const RequestBody& body, Choice choice,
                                               HeldHead& held) {
  io::Descriptor* const client = &exchange.downstream.descriptor();
  std::optional<upstream::Lease> pooled;
  if (choice == Choice::pooled_or_new) pooled = exchange.worker.connector.take_pooled(endpoint);
  if (!pooled) {
    CO_TRY(auto opened, co_await exchange.worker.connector.open(endpoint, client));
    pooled = std::move(opened);
  }
  upstream::Lease& lease = *pooled;
  exchange.connect_time = lease.connect_time;
  Upstream upstream{&endpoint, std::move(lease.connection), exchange.now()};

  OutgoingRequest request(exchange, endpoint, body);
  const io::Guard guard{exchange.now() + endpoint.config().timeouts.body_gap, client};
  CO_TRY_VOID(co_await upstream.http().send(request.slices(), guard));
  upstream.sent = exchange.now();

  auto answered = co_await await_head(exchange, upstream, held);
  if (answered) {
    exchange.first_byte = exchange.now() - exchange.start;
    co_return upstream;
  }
  if (answered.error().code == ErrorCode::upstream_connection_closed && lease.pooled &&
      upstream.http().provably_unseen()) {
    answered.error().retry = base::Retry::if_unsent;
  }
  co_return std::unexpected(std::move(answered).error());
}

bool may_repeat(const base::Error& error) {
  return error.retry == base::Retry::if_unsent;
}

/// One endpoint; if a pooled connection turns out to be dead, a fresh one, too.
io::Task<base::Result<Upstream>> try_endpoint(Exchange& exchange, upstream::Endpoint& endpoint,
                                              RequestBody body, HeldHead& held) {
  exchange.sent_to(endpoint);
  auto answered = co_await exchange_once(exchange, endpoint, body, Choice::pooled_or_new, held);
  if (answered || !may_repeat(answered.error()) ||
      answered.error().code != ErrorCode::upstream_connection_closed) {
    co_return answered;
  }
  co_return co_await exchange_once(exchange, endpoint, body, Choice::new_only, held);
}

}  // namespace

base::Instant first_limit(const Upstream& upstream, bool streaming) {
  const config::Timeouts& timeouts = upstream.endpoint->config().timeouts;
  if (!streaming) return upstream.sent + timeouts.total;
  return upstream.sent + timeouts.first_token.value_or(upstream.endpoint->is_private()
                                                           ? config::kFirstTokenPrivate
                                                           : config::kFirstTokenPublic);
}

io::Task<base::Result<Upstream>> attempt(Exchange& exchange, const upstream::Cluster& cluster,
                                         RequestBody body, HeldHead& held) {
  const std::uint64_t turn = exchange.worker.turn++;
  upstream::Endpoint& first = upstream::least_loaded(cluster, turn);
  body.own_name = cluster.name_at(first);
  auto answered = co_await try_endpoint(exchange, first, body, held);
  if (answered || !may_repeat(answered.error()) || cluster.endpoints.size() == 1) {
    co_return answered;
  }
  for (upstream::Endpoint* endpoint : upstream::order_by_load(cluster, turn)) {
    if (endpoint == &first) continue;
    body.own_name = cluster.name_at(*endpoint);
    answered = co_await try_endpoint(exchange, *endpoint, body, held);
    if (answered || !may_repeat(answered.error())) break;
  }
  co_return answered;
}

}  // namespace proxy
