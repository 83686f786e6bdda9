#pragma once

#include <list>
#include <memory>
#include <vector>

#include "base/time.hpp"
#include "http/client_connection.hpp"
#include "metrics/worker_metrics.hpp"

namespace upstream {

/// A connection to a backend, counted while it is open.
struct Connection {
  http::ClientConnection http;
  metrics::Raised open;
};

/// One worker's idle connections to backends, the last used first. A connection leaves the pool
/// when it is taken, when its time is up, or when the backend says anything (an idle connection
/// has nothing to hear but its end). Worker-local; must be destroyed before the loop.
class ConnectionPool {
 public:
  ConnectionPool(io::Loop& loop, metrics::WorkerMetrics& metrics);
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  /// A live idle connection to the endpoint with that index, or null.
  std::unique_ptr<Connection> take(std::size_t endpoint);

  /// Keeps a connection whose exchange is over for at most `idle`.
  void keep(std::size_t endpoint, std::unique_ptr<Connection> connection, base::Duration idle);

 private:
  class Idle;  // NOLINT(cppcoreguidelines-virtual-class-destructor): final, never deleted by a base
  using Shelf = std::list<Idle>;

  Shelf& shelf(std::size_t endpoint);
  void drop(std::size_t endpoint, Shelf::iterator entry);

  io::Loop& loop_;
  metrics::WorkerMetrics& metrics_;
  std::vector<std::unique_ptr<Shelf>> shelves_;
};

}  // namespace upstream
