#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "io/resolver.hpp"
#include "llm/error_body.hpp"
#include "proxy/exchange.hpp"
#include "server/server.hpp"

namespace server {
namespace {

constexpr int kBacklog = 1024;
constexpr std::chrono::milliseconds kAcceptPause{100};

/// What a client gets that there is no room for; sent without a worker.
std::string full_answer(base::Random& random) {
  const std::string body =
      llm::error_body(base::fail_internal(base::ErrorCode::router_overloaded,
                                          "The router has no room for more connections.")
                          .error());
  return "HTTP/1.1 503 Service Unavailable\r\nx-request-id: " + proxy::random_request_id(random) +
         "\r\nContent-Type: application/json\r\nRetry-After: 1\r\nConnection: close\r\n" +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

io::Address address_of(const config::ListenAddress& listen) {
  // At start-up, on a machine's own names: a blocking look-up is in order.
  const auto addresses = io::look_up(listen.host, listen.port);
  if (!addresses) {
    throw std::runtime_error("cannot listen on " + listen.to_string() + ": " + addresses.error());
  }
  return addresses->front();
}

}  // namespace

void Server::listen() {
  auto acceptor = io::Acceptor::listen(loop_, address_of(config_.listen), kBacklog);
  if (!acceptor) throw std::runtime_error(acceptor.error());
  acceptor_ = *std::move(acceptor);
  warn_if_open_to_the_world();
}

void Server::warn_if_open_to_the_world() const {
  if (acceptor_->local().is_loopback() || !keys_.open()) return;
  log_.warn(
      "ANYONE who can reach this address can use every backend, and the keys that the router holds "
      "for them: set `api_keys`, or `listen` on 127.0.0.1",
      {{"address", acceptor_->local().to_string()}});
}

void Server::listen_admin() {
  auto acceptor = io::Acceptor::listen(loop_, address_of(config_.admin.listen), kBacklog);
  if (acceptor) {
    admin_acceptor_ = *std::move(acceptor);
    log_.info("admin address", {{"address", admin_acceptor_->local().to_string()}});
    return;
  }
  if (!config_.admin.listen_is_default) throw std::runtime_error(acceptor.error());
  log_.warn("no admin address: serving without /metrics and /router/endpoints; set `admin.listen`",
            {{"reason", acceptor.error()}});
}

/// False: no connection waits, or none can be taken now.
bool Server::take_client(const io::Acceptor::Accepted& accepted) {
  if (accepted.was_lost()) return true;
  if (accepted.fd < 0) return false;
  if (open_connections() < max_connections_) {
    least_busy().adopt(accepted.fd, *accepted.peer);
    return true;
  }
  io::turn_away(accepted.fd, full_answer(random_));
  if (accept_warning_.allow(loop_.now())) {
    log_.warn("connection refused: `limits.connections` are open", {{"limit", max_connections_}});
  }
  return true;
}

io::Task<void> Server::accept_clients() {
  while (acceptor_) {
    const auto accepted = acceptor_->try_accept();
    if (take_client(accepted)) continue;
    if (accepted.error == EAGAIN) {
      co_await acceptor_->acceptable({});
      continue;
    }
    // Out of descriptors or memory: the backlog holds the clients while others end.
    if (accept_warning_.allow(loop_.now())) {
      log_.warn("cannot accept connections", {{"reason", std::strerror(accepted.error)}});
    }
    co_await io::sleep_until(loop_, loop_.now() + kAcceptPause);
  }
}

void Server::accept_backlog() {
  while (take_client(acceptor_->try_accept())) {
  }
}

io::Task<void> Server::accept_admins() {
  for (;;) {
    const auto accepted = admin_acceptor_->try_accept();
    if (accepted.fd >= 0) {
      auto stream = std::make_unique<io::Stream>(loop_, accepted.fd);
      if (!stream->valid()) continue;
      loop_.spawn(admin::serve_connection(*admin_sources_, buffers_, admin_settings_, random_,
                                          std::move(stream)));
    } else if (accepted.was_lost()) {
      continue;
    } else if (accepted.error == EAGAIN) {
      co_await admin_acceptor_->acceptable({});
    } else {
      co_await io::sleep_until(loop_, loop_.now() + kAcceptPause);
    }
  }
}

}  // namespace server
