#include "server/healthcheck.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/try.hpp"
#include "http/client_connection.hpp"
#include "io/connect.hpp"

namespace server {
namespace {

constexpr auto kPatience = std::chrono::seconds(3);
constexpr std::string_view kRequest =
    "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// Where a listener on every address, or on a name of this host, is reached.
std::string loopback_of(const std::string& host) {
  if (host == "0.0.0.0" || host == "localhost") return "127.0.0.1";
  return host == "::" ? "::1" : host;
}

io::Task<base::Result<int>> status(http::ClientConnection& router, io::Guard guard) {
  std::string request(kRequest);
  iovec slice{request.data(), request.size()};
  CO_TRY_VOID(co_await router.send(std::span(&slice, 1), guard));
  CO_TRY_VOID(co_await router.read_head(guard));
  co_return router.head().status;
}

io::Task<void> look(io::Loop& loop, io::Address address, std::string& fault) {
  const io::Guard guard{.deadline = loop.now() + kPatience};
  auto connected = co_await io::connect(loop, address, guard);
  if (!connected.stream) {
    fault = "nothing listens";
  } else {
    io::Budget budget(1U << 20U);
    io::BufferPool buffers(budget);
    http::ClientConnection router(std::move(connected.stream), buffers);
    const auto answered = co_await status(router, guard);
    if (!answered)
      fault = "no answer: " + answered.error().message;
    else if (*answered != 200)
      fault = "GET /healthz answers " + std::to_string(*answered);
  }
  loop.stop();
}

}  // namespace

const config::ListenAddress& plain_address(const config::Config& config) {
  const auto plain = std::ranges::find_if(config.listen, [](const config::Listener& listener) {
    return listener.address.path.empty() && !listener.tls;
  });
  return plain != config.listen.end() ? plain->address : config.admin.listen;
}

int healthcheck(const config::ListenAddress& address, std::ostream& out) {
  std::string fault;
  const auto literal = io::Address::parse(loopback_of(address.host), address.port);
  if (literal) {
    io::Loop loop;
    loop.spawn(look(loop, *literal, fault));
    loop.run();
  } else {
    fault = "is no IP address";
  }
  if (fault.empty()) return 0;
  out << "llm-router: " << address.to_string() << ": " << fault << "\n";
  return 1;
}

}  // namespace server
