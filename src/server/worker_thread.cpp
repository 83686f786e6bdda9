#include "server/worker_thread.hpp"

#include <algorithm>

#include <pthread.h>
#include <unistd.h>

#include "llm/error_body.hpp"
#include "proxy/exchange.hpp"

namespace server {
namespace {

/// What a client gets that speaks HTTP to an address of TLS.
std::string plain_over_tls(base::Random& random) {
  const std::string body = llm::error_body(
      base::fail(base::ErrorCode::bad_request, "This address takes https.").error());
  return "HTTP/1.1 400 Bad Request\r\nx-request-id: " + proxy::random_request_id(random) +
         "\r\nContent-Type: application/json\r\nConnection: close\r\n" +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

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

void WorkerThread::adopt(int fd, const io::Address& peer,
                         std::shared_ptr<const io::TlsContext> tls) {
  loop_.post([this, client = Adopted(fd, connections_count_), ip = peer.ip(),
              tls = std::move(tls)]() mutable {
    loop_.spawn(serve(std::move(client), std::move(ip), std::move(tls)));
  });
}

io::Task<void> WorkerThread::serve(Adopted client, std::string peer,
                                   std::shared_ptr<const io::TlsContext> tls) {
  auto stream = std::make_unique<io::Stream>(loop_, client.take());
  if (!stream->valid()) co_return;
  if (tls && !co_await secure(*stream, *tls, peer)) co_return;
  tls.reset();  // the session holds what it needs; a renewed certificate lets the old one go
  co_await serve_connection(worker_, connections_, settings_, std::move(stream), std::move(peer));
}

io::Task<bool> WorkerThread::secure(io::Stream& stream, const io::TlsContext& tls,
                                    std::string_view peer) {
  auto session = std::make_unique<io::TlsSession>(tls, stream.descriptor().fd());
  const io::Guard guard{.deadline = loop_.now() + settings_.header};
  const io::Outcome outcome = co_await session->handshake(stream.descriptor(), guard);
  if (outcome == io::Outcome::ok) {
    stream.secure(std::move(session));
    co_return true;
  }
  const bool late = outcome == io::Outcome::deadline;
  worker_.log.debug("TLS handshake failed",
                    {{"client", peer}, {"reason", late ? "too slow" : session->reason()}});
  if (session->reason().starts_with("not TLS")) {
    const std::string words = plain_over_tls(worker_.random);
    co_await stream.write(words, guard);
    stream.shutdown_write();
  }
  co_return false;
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
