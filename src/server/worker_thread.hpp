#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>
#include <utility>

#include "base/log.hpp"
#include "io/address.hpp"
#include "io/tls.hpp"
#include "proxy/worker.hpp"
#include "server/connection.hpp"

namespace server {

/// What all workers share; owned by the server, immutable or safe for any thread.
struct Shared {
  base::Log& log;
  const config::Config& config;
  const policy::ApiKeys& keys;
  upstream::ResponseMemory& responses;
  const io::TlsContext* tls;  ///< null if no backend needs it
  io::Budget& budget;
  std::function<void(upstream::Endpoint&)> ask_again;  ///< any thread
};

/// One worker: a thread with its loop and everything that its requests use. The methods are for the
/// control thread; they leave messages for the worker.
class WorkerThread {
 public:
  WorkerThread(const Shared& shared, metrics::WorkerMetrics& metrics,
               std::unique_ptr<proxy::AccessLogBuffer> access_log, std::uint64_t seed);
  ~WorkerThread();
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;

  void start();
  /// Takes an accepted connection; the worker owns the descriptor from here on, and does the
  /// handshake if the connection is to be secured.
  void adopt(int fd, const io::Address& peer, std::shared_ptr<const io::TlsContext> tls);
  void publish(upstream::RoutingTablePtr table);
  /// From now on answers close their connections; what isn't over at `deadline` is ended then.
  void drain(base::Instant deadline);
  /// Ends connections that wait for a request.
  void close_idle();
  /// Ends what waits for a backend: the drain's time is up.
  void interrupt_all();
  void abort_all();
  /// Ends the thread; connections must have ended.
  void stop();

  /// Connections given to this worker and not ended yet.
  [[nodiscard]] std::size_t connections() const {
    return connections_count_->load(std::memory_order_relaxed);
  }

  /// Bytes in its buffers now. Any thread.
  [[nodiscard]] std::size_t buffered() const { return buffers_.in_use(); }

 private:
  using Count = std::atomic<std::size_t>;

  /// An accepted connection on its way to its stream. Counts for as long as it lives, which for
  /// one that is served is the end of the connection.
  class Adopted {
   public:
    Adopted(int fd, std::shared_ptr<Count> count) : fd_(fd), count_(std::move(count)) {
      count_->fetch_add(1, std::memory_order_relaxed);
    }
    Adopted(Adopted&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)), count_(std::move(other.count_)) {}
    Adopted& operator=(Adopted&&) = delete;
    Adopted(const Adopted&) = delete;
    Adopted& operator=(const Adopted&) = delete;
    ~Adopted();

    /// The descriptor, whose owner the caller is from here on.
    int take() { return std::exchange(fd_, -1); }

   private:
    int fd_;
    std::shared_ptr<Count> count_;
  };

  io::Task<void> serve(Adopted client, std::string peer, std::shared_ptr<const io::TlsContext> tls);
  io::Task<bool> secure(io::Stream& stream, const io::TlsContext& tls, std::string_view peer);

  std::shared_ptr<Count> connections_count_ = std::make_shared<Count>(0);
  io::Loop loop_;
  io::BufferPool buffers_;
  upstream::Connector connector_;
  std::unique_ptr<proxy::AccessLogBuffer> access_log_;
  http::ServerSettings settings_;
  proxy::Worker worker_;
  Connections connections_;
  std::thread thread_;
};

}  // namespace server
