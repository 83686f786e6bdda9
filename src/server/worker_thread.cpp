#include "server/worker_thread.hpp"

#include <algorithm>

#include <pthread.h>
#include <unistd.h>

namespace server {
namespace {

http::ServerSettings settings_of(const config::Config& config) {
  http::ServerSettings settings;
  settings.head.max_bytes = config.limits.header_bytes;
  settings.head.max_fields = static_cast<int>(config.limits.header_fields);
  settings.keep_alive = config.timeouts.keep_alive;
  settings.header = config.timeouts.header;
  settings.body_gap = config.timeouts.body_gap;
  settings.write_gap = config.timeouts.body_gap;
  return settings;
}

}  // namespace

WorkerThread::WorkerThread(const Shared& shared, metrics::WorkerMetrics& metrics,
                           std::unique_ptr<proxy::AccessLogBuffer> access_log, std::uint64_t seed)
    : buffers_(shared.budget),
      connector_(loop_, buffers_, metrics, shared.tls),
      access_log_(std::move(access_log)),
      settings_(settings_of(shared.config)),
      worker_{.loop = loop_,
              .log = shared.log,
              .config = shared.config,
              .keys = shared.keys,
              .responses = shared.responses,
              .buffers = buffers_,
              .connector = connector_,
              .metrics = metrics,
              .access_log = *access_log_,
              .random = base::Random(seed),
              .ask_again = shared.ask_again} {}

WorkerThread::~WorkerThread() {
  stop();
}

WorkerThread::Adopted::~Adopted() {
  if (fd_ >= 0) ::close(fd_);
  if (count_) count_->fetch_sub(1, std::memory_order_relaxed);
}

void WorkerThread::start() {
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "worker");
    loop_.run();
  });
}

void WorkerThread::stop() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
}

void WorkerThread::adopt(int fd, const io::Address& peer) {
  loop_.post([this, client = Adopted(fd, connections_count_), ip = peer.ip()]() mutable {
    loop_.spawn(serve(std::move(client), std::move(ip)));
  });
}

io::Task<void> WorkerThread::serve(Adopted client, std::string peer) {
  auto stream = std::make_unique<io::Stream>(loop_, client.take());
  if (!stream->valid()) co_return;
  co_await serve_connection(worker_, connections_, settings_, std::move(stream), std::move(peer));
}

void WorkerThread::publish(upstream::RoutingTablePtr table) {
  loop_.post([this, table = std::move(table)]() mutable {
    // A reference count of this worker's own: requests of different workers share no cache line.
    const upstream::RoutingTable* raw = table.get();
    worker_.table = upstream::RoutingTablePtr(
        raw, [shared = std::move(table)](const upstream::RoutingTable*) {});
  });
}

void WorkerThread::drain(base::Instant deadline) {
  loop_.post([this, deadline] {
    worker_.draining = true;
    worker_.drain_deadline = deadline;
  });
}

void WorkerThread::close_idle() {
  loop_.post([this] { connections_.close_idle(); });
}

void WorkerThread::interrupt_all() {
  loop_.post([this] {
    // By this loop's clock, too, which may be a moment behind that of who says so.
    worker_.drain_deadline = std::min(worker_.drain_deadline, loop_.now());
    connections_.interrupt_all();
  });
}

void WorkerThread::abort_all() {
  loop_.post([this] { connections_.abort_all(); });
}

}  // namespace server
