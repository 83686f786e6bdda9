#include <csignal>

#include "server/server.hpp"

namespace server {
namespace {

constexpr std::chrono::milliseconds kPoll{10};
// For what ends because it is told to: error events are written, sockets closed.
constexpr std::chrono::seconds kLastWords{2};

}  // namespace

io::Task<void> Server::heed_signals() {
  for (;;) {
    const int signal = signals_.take();
    if (signal == 0) {
      co_await signals_.arrival();
    } else if (signal == SIGUSR1) {
      const auto reopened = access_log_->reopen();
      if (!reopened)
        log_.error("cannot reopen the access log", {{"reason", reopened.error().cause}});
    } else if (!draining_) {
      draining_ = true;
      loop_.spawn(drain());
    } else {
      ending_ = true;
    }
  }
}

/// The way out: not ready, then no new connections, then no idle ones, then the last answers.
io::Task<void> Server::drain() {
  log_.info("draining", {{"connections", open_connections()}});
  const auto deadline = loop_.now() + config_.timeouts.shutdown_delay + config_.timeouts.drain;
  for (const auto& worker : workers_)
    worker->drain(deadline);
  const auto listening_until = loop_.now() + config_.timeouts.shutdown_delay;
  while (!ending_ && loop_.now() < listening_until) {
    co_await io::sleep_until(loop_, loop_.now() + kPoll);
  }
  stop_listening();

  while (!ending_ && open_connections() > 0 && loop_.now() < deadline + kLastWords) {
    for (const auto& worker : workers_) {
      worker->close_idle();
      if (loop_.now() >= deadline) worker->interrupt_all();
    }
    co_await io::sleep_until(loop_, loop_.now() + kPoll);
  }
  if (const std::size_t cut = open_connections(); cut > 0) {
    log_.warn("connections cut off at the end of the drain", {{"connections", cut}});
  }
  const auto abort_until = loop_.now() + kLastWords;
  while (open_connections() > 0 && loop_.now() < abort_until) {
    for (const auto& worker : workers_)
      worker->abort_all();
    co_await io::sleep_until(loop_, loop_.now() + kPoll);
  }
  log_.info("drained");
  loop_.stop();
}

}  // namespace server
