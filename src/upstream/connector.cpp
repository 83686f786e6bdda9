#include "upstream/connector.hpp"

#include <algorithm>
#include <cstring>

#include "base/try.hpp"
#include "io/connect.hpp"

namespace upstream {
namespace {

using base::ErrorCode;
using base::Retry;

auto unreachable(std::string cause) {
  return base::fail_upstream(ErrorCode::upstream_unreachable,
                             "The backend for this model cannot be reached.", std::move(cause),
                             Retry::if_unsent);
}

auto too_slow(std::string cause) {
  return base::fail_upstream(ErrorCode::upstream_timeout,
                             "The backend for this model did not accept a connection in time.",
                             std::move(cause), Retry::if_unsent);
}

auto client_left() {
  return base::fail(ErrorCode::client_closed, "The client has gone.");
}

}  // namespace

Connector::Connector(io::Loop& loop, io::BufferPool& buffers, metrics::WorkerMetrics& metrics,
                     const io::TlsContext* tls, io::Resolver::LookUp look_up)
    : loop_(loop),
      buffers_(buffers),
      metrics_(metrics),
      tls_(tls),
      resolver_(loop, std::move(look_up)),
      pool_(loop, metrics) {}

std::optional<Lease> Connector::take_pooled(const Endpoint& endpoint) {
  auto pooled = pool_.take(endpoint.index());
  if (!pooled) return std::nullopt;
  metrics_.upstream_connections_reused.add();
  return Lease{std::move(pooled), true, std::nullopt};
}

io::Task<base::Result<Lease>> Connector::open(Endpoint& endpoint, io::Descriptor* watched) {
  const auto start = loop_.now();
  CO_TRY(auto stream, co_await connect(endpoint, watched));
  if (endpoint.config().url.tls) CO_TRY_VOID(co_await secure(endpoint, *stream, watched));
  metrics_.upstream_connections_opened.add();
  auto connection =
      std::make_unique<Connection>(http::ClientConnection(std::move(stream), buffers_),
                                   metrics::Raised(metrics_.upstream_connections_open));
  co_return Lease{std::move(connection), false, loop_.now() - start};
}

io::Task<base::Result<Addresses>> Connector::addresses_of(Endpoint& endpoint, io::Guard guard) {
  if (const auto known = endpoint.addresses()) co_return *known;
  co_return co_await resolve(endpoint, guard);
}

io::Task<base::Result<std::unique_ptr<io::Stream>>> Connector::connect(Endpoint& endpoint,
                                                                       io::Descriptor* watched) {
  const auto deadline = loop_.now() + endpoint.config().timeouts.connect;
  CO_TRY(const Addresses addresses, co_await addresses_of(endpoint, {deadline, watched}));
  std::string cause = "no address";
  bool timed_out = false;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    // Each address has an equal share of what time is left, so that a dead one can't use it up.
    const auto share = (deadline - loop_.now()) / static_cast<int>(addresses.size() - i);
    auto connected = co_await io::connect(loop_, addresses[i], {loop_.now() + share, watched});
    if (connected.outcome == io::Outcome::ok) co_return std::move(connected.stream);
    if (connected.outcome == io::Outcome::departed) co_return client_left();
    timed_out = connected.outcome == io::Outcome::deadline;
    cause = addresses[i].to_string() + ": " +
            (timed_out ? "connect timed out" : std::strerror(connected.error));
  }
  if (timed_out) co_return too_slow(std::move(cause));
  co_return unreachable(std::move(cause));
}

io::Task<base::Result<void>> Connector::secure(Endpoint& endpoint, io::Stream& stream,
                                               io::Descriptor* watched) {
  const io::TlsContext& context = endpoint.tls() != nullptr ? *endpoint.tls() : *tls_;
  auto session = std::make_unique<io::TlsSession>(context, stream.descriptor().fd(),
                                                  endpoint.tls_name(), &tickets_[endpoint.index()]);
  const io::Guard guard{loop_.now() + endpoint.config().timeouts.tls, watched};
  switch (co_await session->handshake(stream.descriptor(), guard)) {
    case io::Outcome::ok:
      stream.secure(std::move(session));
      co_return base::Result<void>();
    case io::Outcome::departed:
      co_return client_left();
    case io::Outcome::deadline:
      co_return too_slow("TLS handshake timed out");
    case io::Outcome::again:
    case io::Outcome::end:
    case io::Outcome::reset:
      break;
  }
  co_return base::fail_upstream(ErrorCode::upstream_tls_error,
                                "No secure connection to the backend for this model.",
                                "TLS: " + session->reason(), Retry::if_unsent);
}

void Connector::give_back(Endpoint& endpoint, std::unique_ptr<Connection> connection) {
  if (!connection->http.reusable()) return;
  const auto promised = connection->http.head().keep_alive_timeout;
  const auto idle = idle_time(endpoint, promised);
  if (idle > base::Duration::zero()) pool_.keep(endpoint.index(), std::move(connection), idle);
}

io::Task<base::Result<Addresses>> Connector::resolve(Endpoint& endpoint, io::Guard guard) {
  const auto& url = endpoint.config().url;
  auto found = co_await resolver_.resolve(url.host, url.port, guard);
  if (found) std::erase_if(*found, [](const io::Address& a) { return a.is_link_local(); });
  if (found && !found->empty()) {
    endpoint.publish(*found);
    co_return *std::move(found);
  }
  if (!found && found.error().wake == io::Wake::departed) co_return client_left();
  if (const auto last_good = endpoint.addresses()) co_return *last_good;
  if (found) co_return unreachable(url.host + ": resolves to a link-local address");
  std::string cause = url.host + ": " + found.error().reason;
  if (found.error().wake == io::Wake::deadline) co_return too_slow(std::move(cause));
  co_return unreachable(std::move(cause));
}

base::Duration idle_time(const Endpoint& endpoint, std::optional<std::chrono::seconds> promised) {
  const auto& config = endpoint.config();
  const bool near = !config.url.tls && endpoint.is_private();
  base::Duration idle = config.timeouts.backend_keep_alive.value_or(
      near ? config::kBackendKeepAlivePrivate : config::kBackendKeepAlivePublic);
  if (promised) idle = std::min<base::Duration>(idle, *promised - std::chrono::seconds(1));
  return idle;
}

}  // namespace upstream
