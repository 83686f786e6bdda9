#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "llm/error_body.hpp"
#include "proxy/exchange.hpp"
#include "server/server.hpp"

namespace server {
namespace {

constexpr std::chrono::seconds kCertificateInterval{2};
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

}  // namespace

void Server::listen() {
  const Inherited inherited = take_inherited();
  listening_ = listen_for_clients(loop_, config_, inherited);
  warn_if_open_to_the_world();

  auto acceptor = listen_for_admins(loop_, config_, inherited);
  if (acceptor) {
    admin_acceptor_ = *std::move(acceptor);
    log_.info("admin address", {{"address", admin_acceptor_->local().to_string()}});
    return;
  }
  if (!config_.admin.listen_is_default) throw std::runtime_error(acceptor.error());
  log_.warn("no admin address: serving without /metrics and /router/endpoints; set `admin.listen`",
            {{"reason", acceptor.error()}});
}

void Server::warn_if_open_to_the_world() const {
  if (!keys_.open()) return;
  for (const auto& listening : listening_) {
    const io::Address address = listening->acceptor->local();
    if (address.is_loopback()) continue;
    log_.warn(
        "ANYONE who can reach this address can use every backend, and the keys that the router "
        "holds for them: set `api_keys`, or `listen` on 127.0.0.1",
        {{"address", address.to_string()}});
  }
}

/// Looks whether the listeners' certificates have changed.
io::Task<void> Server::follow_certificates() {
  for (;;) {
    co_await io::sleep_until(loop_, loop_.now() + kCertificateInterval);
    for (const auto& listening : listening_) {
      if (!listening->tls) continue;
      const auto renewed = listening->tls->refresh();
      if (!renewed) {
        log_.error("new certificate cannot be used, the old one stays",
                   {{"reason", renewed.error()}});
      } else if (*renewed) {
        log_.info("certificate renewed", {{"file", listening->tls->file()}});
      }
    }
  }
}

/// False: no connection waits, or none can be taken now.
bool Server::take_client(const Listening& listening, const io::Acceptor::Accepted& accepted) {
  if (accepted.was_lost()) return true;
  if (accepted.fd < 0) return false;
  if (open_connections() < max_connections_) {
    least_busy().adopt(accepted.fd, *accepted.peer,
                       listening.tls ? listening.tls->current() : nullptr);
    return true;
  }
  // In clear text, which TLS has no use for.
  io::turn_away(accepted.fd, listening.tls ? std::string() : full_answer(random_));
  if (accept_warning_.allow(loop_.now())) {
    log_.warn("connection refused: `limits.connections` are open", {{"limit", max_connections_}});
  }
  return true;
}

io::Task<void> Server::accept_clients(Listening& listening) {
  while (listening.acceptor) {
    const auto accepted = listening.acceptor->try_accept();
    if (take_client(listening, accepted)) continue;
    if (accepted.error == EAGAIN) {
      co_await listening.acceptor->acceptable({});
      continue;
    }
    // Out of descriptors or memory: the backlog holds the clients while others end.
    if (accept_warning_.allow(loop_.now())) {
      log_.warn("cannot accept connections", {{"reason", std::strerror(accepted.error)}});
    }
    co_await io::sleep_until(loop_, loop_.now() + kAcceptPause);
  }
}

void Server::stop_listening() {
  for (const auto& listening : listening_) {
    while (take_client(*listening, listening->acceptor->try_accept())) {
    }
    listening->acceptor.reset();
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
