#pragma once

#include <memory>
#include <optional>
#include <unordered_map>

#include "base/error.hpp"
#include "io/resolver.hpp"
#include "io/tls.hpp"
#include "upstream/connection_pool.hpp"
#include "upstream/endpoint.hpp"

namespace upstream {

/// A connection on which one request may be sent.
struct Lease {
  std::unique_ptr<Connection> connection;
  bool pooled = false;                         ///< it has served before
  std::optional<base::Duration> connect_time;  ///< of a new one, TLS included
};

/// Opens connections to endpoints, or takes them from the pool. Worker-local.
class Connector {
 public:
  /// `tls` is for endpoints that have no context of their own, and may be null if none needs it; it
  /// outlives the connector.
  Connector(io::Loop& loop, io::BufferPool& buffers, metrics::WorkerMetrics& metrics,
            const io::TlsContext* tls, io::Resolver::LookUp look_up = io::look_up);

  /// A connection that has served before and still lives, if there is one.
  std::optional<Lease> take_pooled(const Endpoint& endpoint);

  /// Opens a connection. Errors: upstream_unreachable, upstream_timeout, upstream_tls_error, all
  /// with Retry::if_unsent since nothing of the request has gone out; client_closed.
  io::Task<base::Result<Lease>> open(Endpoint& endpoint, io::Descriptor* watched);

  /// Resolves the endpoint's name and publishes the addresses; link-local ones are left out, since
  /// a name that leads there reads the machine's own credentials (rule S13). The last good
  /// addresses stay if the name can't be resolved now. Errors: as open().
  io::Task<base::Result<Addresses>> resolve(Endpoint& endpoint, io::Guard guard);

  /// After an exchange: back to the pool if it can serve again, else closed.
  void give_back(Endpoint& endpoint, std::unique_ptr<Connection> connection);

 private:
  io::Task<base::Result<Addresses>> addresses_of(Endpoint& endpoint, io::Guard guard);
  io::Task<base::Result<std::unique_ptr<io::Stream>>> connect(Endpoint& endpoint,
                                                              io::Descriptor* watched);
  io::Task<base::Result<void>> secure(Endpoint& endpoint, io::Stream& stream,
                                      io::Descriptor* watched);

  io::Loop& loop_;
  io::BufferPool& buffers_;
  metrics::WorkerMetrics& metrics_;
  const io::TlsContext* tls_;
  io::Resolver resolver_;
  ConnectionPool pool_;
  std::unordered_map<std::size_t, io::TlsTicket> tickets_;  // by endpoint
};

/// How long an unused connection to this endpoint is kept; what the backend promised in its
/// `Keep-Alive` header (less a second for the way) wins over the configuration if it is less.
base::Duration idle_time(const Endpoint& endpoint, std::optional<std::chrono::seconds> promised);

}  // namespace upstream
