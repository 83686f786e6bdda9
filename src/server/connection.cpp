#include "server/connection.hpp"

#include "proxy/answer.hpp"
#include "server/dispatch.hpp"

namespace server {
namespace {

/// A connection in the worker's list for as long as it is open.
class Listed {
 public:
  Listed(Connections& connections, metrics::WorkerMetrics& metrics,
         http::ServerConnection& connection)
      : pass_(connections.gate.enter()),
        open_(metrics.connections_open),
        all_(connections.all),
        place_(all_.insert(all_.end(), &connection)) {
    metrics.connections_accepted.add();
  }
  Listed(const Listed&) = delete;
  Listed& operator=(const Listed&) = delete;
  ~Listed() { all_.erase(place_); }

 private:
  io::Gate::Pass pass_;
  metrics::Raised open_;
  std::list<http::ServerConnection*>& all_;
  std::list<http::ServerConnection*>::iterator place_;
};

/// One request. True: another may follow on the connection.
io::Task<bool> serve_request(proxy::Worker& worker, http::ServerConnection& connection,
                             std::string_view peer) {
  const auto arrived = co_await connection.read_head();
  if (arrived && !*arrived) co_return false;  // nobody there any more: nothing to answer or log
  proxy::Exchange exchange(worker, connection, peer);
  if (!arrived) {
    exchange.headless();
    co_await proxy::answer_error(exchange, arrived.error());
  } else {
    co_await dispatch(exchange);
  }
  const bool reusable = connection.end_request();
  co_return reusable && !exchange.close && !worker.draining;
}

}  // namespace

void Connections::close_idle() {
  for (http::ServerConnection* connection : all) {
    if (connection->idle() && !connection->has_input()) connection->abort();
  }
}

void Connections::interrupt_all() {
  // A connection that goes on may end and leave the list.
  for (auto next = all.begin(); next != all.end();)
    (*next++)->interrupt();
}

void Connections::abort_all() {
  for (http::ServerConnection* connection : all)
    connection->abort();
}

io::Task<void> serve_connection(proxy::Worker& worker, Connections& connections,
                                const http::ServerSettings& settings,
                                std::unique_ptr<io::Stream> stream, std::string peer) {
  http::ServerConnection connection(std::move(stream), worker.buffers, settings);
  const Listed listed(connections, worker.metrics, connection);
  while (co_await serve_request(worker, connection, peer)) {
    // A client that pipelines without end leaves the others a turn.
    if (worker.loop.share_spent()) co_await worker.loop.yield();
  }
  co_await connection.linger();
}

}  // namespace server
