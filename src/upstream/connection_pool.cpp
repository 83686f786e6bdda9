#include "upstream/connection_pool.hpp"

namespace upstream {

class ConnectionPool::Idle final : public io::Waiter, public io::Timer {
 public:
  Idle(ConnectionPool& pool, std::size_t endpoint, std::unique_ptr<Connection> connection)
      : pool_(pool), endpoint_(endpoint), connection_(std::move(connection)) {}
  Idle(const Idle&) = delete;
  Idle& operator=(const Idle&) = delete;

  void watch(Shelf::iterator self) {
    self_ = self;
    connection_->http.stream().descriptor().on_readable(this);
  }

  std::unique_ptr<Connection> release() {
    connection_->http.stream().descriptor().on_readable(nullptr);
    return std::move(connection_);
  }

  void wake(io::Wake /*reason*/) override { pool_.drop(endpoint_, self_); }
  void expired() override { pool_.drop(endpoint_, self_); }

 private:
  ConnectionPool& pool_;
  std::size_t endpoint_;
  std::unique_ptr<Connection> connection_;
  Shelf::iterator self_;
};

ConnectionPool::ConnectionPool(io::Loop& loop, metrics::WorkerMetrics& metrics)
    : loop_(loop), metrics_(metrics) {}

ConnectionPool::~ConnectionPool() = default;

ConnectionPool::Shelf& ConnectionPool::shelf(std::size_t endpoint) {
  while (shelves_.size() <= endpoint)
    shelves_.push_back(std::make_unique<Shelf>());
  return *shelves_[endpoint];
}

void ConnectionPool::drop(std::size_t endpoint, Shelf::iterator entry) {
  metrics_.upstream_connections_idle.sub();
  shelf(endpoint).erase(entry);
}

std::unique_ptr<Connection> ConnectionPool::take(std::size_t endpoint) {
  Shelf& idle = shelf(endpoint);
  while (!idle.empty()) {
    auto connection = idle.front().release();
    idle.pop_front();
    metrics_.upstream_connections_idle.sub();
    if (!connection->http.stale()) return connection;
  }
  return nullptr;
}

void ConnectionPool::keep(std::size_t endpoint, std::unique_ptr<Connection> connection,
                          base::Duration idle_time) {
  if (connection->http.stale()) return;
  connection->http.reset();
  Shelf& idle = shelf(endpoint);
  idle.emplace_front(*this, endpoint, std::move(connection));
  idle.front().watch(idle.begin());
  loop_.timers().set(idle.front(), loop_.now() + idle_time);
  metrics_.upstream_connections_idle.add();
}

}  // namespace upstream
