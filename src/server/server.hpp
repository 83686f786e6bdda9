#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "admin/connection.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "io/acceptor.hpp"
#include "io/signals.hpp"
#include "server/listening.hpp"
#include "server/worker_thread.hpp"
#include "upstream/discovery.hpp"

namespace server {

/// The running router: listeners, workers, discovery, admin address, and the way it ends. Made and
/// run by main on the thread that becomes the control thread.
class Server {
 public:
  /// Throws std::runtime_error (start-up only): what could not be set up, and why.
  Server(config::Config config, base::Log& log);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Serves until SIGTERM or SIGINT and the drain after it. The exit status: 0.
  int run();

 private:
  void listen();
  void warn_if_open_to_the_world() const;
  void publish(upstream::RoutingTablePtr table);
  WorkerThread& least_busy();
  [[nodiscard]] std::size_t open_connections() const;
  [[nodiscard]] metrics::RouterFacts facts() const;

  io::Task<void> accept_clients(Listening& listening);
  io::Task<void> accept_admins();
  io::Task<void> follow_certificates();
  io::Task<void> heed_signals();
  io::Task<void> drain();
  /// Takes who waits already, and closes.
  void stop_listening();
  bool take_client(const Listening& listening, const io::Acceptor::Accepted& accepted);

  const base::WallClock::time_point started_ = base::WallClock::now();
  config::Config config_;
  base::Log& log_;
  std::size_t max_connections_;
  base::Random random_;  // for request ids of what no worker answers
  io::Loop loop_;
  io::Signals signals_;
  io::Budget budget_;
  io::BufferPool buffers_;
  policy::ApiKeys keys_;
  upstream::ResponseMemory responses_;
  std::unique_ptr<io::TlsContext> tls_;
  std::unique_ptr<proxy::AccessLog> access_log_;
  std::vector<std::unique_ptr<metrics::WorkerMetrics>>
      metrics_;  // the last is the control thread's
  std::vector<const metrics::WorkerMetrics*> metrics_views_;
  std::vector<std::unique_ptr<WorkerThread>> workers_;
  std::unique_ptr<upstream::Connector> connector_;
  std::unique_ptr<upstream::Discovery> discovery_;
  std::unique_ptr<admin::Sources> admin_sources_;
  http::ServerSettings admin_settings_;
  std::vector<std::unique_ptr<Listening>> listening_;
  std::unique_ptr<io::Acceptor> admin_acceptor_;
  base::RateGate accept_warning_;
  bool ready_ = false;
  bool draining_ = false;
  bool ending_ = false;
};

}  // namespace server
