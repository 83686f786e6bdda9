#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/server_connection.hpp"
#include "io/acceptor.hpp"
#include "io/testing.hpp"
#include "upstream/connector.hpp"

/// For tests that need a backend: one on the test's own loop, which answers as it is told.
namespace upstream::testing {

inline std::string answer(std::string_view body, std::string_view status = "200 OK",
                          std::string_view fields = "") {
  return "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

inline std::string model_list(std::initializer_list<std::string_view> ids) {
  std::string list;
  for (const std::string_view id : ids)
    list += (list.empty() ? "{\"id\":\"" : ",{\"id\":\"") + std::string(id) + "\"}";
  return answer("{\"object\":\"list\",\"data\":[" + list + "]}");
}

class Backend {
 public:
  /// The bytes of the answer to a request, closed behind it if it says so. "": the connection is
  /// closed without one; kHang: there is never one.
  using Script = std::function<std::string(const http::RequestHead& head, std::string_view body)>;
  static constexpr std::string_view kHang = "hang";

  Backend(io::Loop& loop, Script script)
      : state_(std::make_shared<State>(loop, std::move(script))) {
    loop.spawn(accept(state_));
  }

  [[nodiscard]] std::uint16_t port() const { return state_->acceptor->local().port(); }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
  /// Of the requests so far: `GET /v1/models`.
  [[nodiscard]] const std::vector<std::string>& asked() const { return state_->asked; }
  /// The last request's head and body as they stood on the wire.
  [[nodiscard]] const std::string& last_head() const { return state_->last_head; }
  [[nodiscard]] const std::string& last_body() const { return state_->last_body; }
  [[nodiscard]] int connections() const { return state_->connections; }
  /// Connections that are open now.
  [[nodiscard]] int open() const { return state_->open; }
  void script(Script script) { state_->script = std::move(script); }

 private:
  /// Shared with the coroutines, which end with the loop.
  struct State {
    State(io::Loop& l, Script s)
        : loop(l),
          script(std::move(s)),
          acceptor(io::Acceptor::listen(l, *io::Address::parse("127.0.0.1", 0), 16).value()) {}

    io::Loop& loop;
    Script script;
    std::unique_ptr<io::Acceptor> acceptor;
    io::Budget budget{std::size_t{64} << 20U};
    io::BufferPool pool{budget};
    http::ServerSettings settings;
    std::vector<std::string> asked;
    std::string last_head;
    std::string last_body;
    int connections = 0;
    int open = 0;
  };

  static io::Task<void> accept(std::shared_ptr<State> state) {
    for (;;) {
      const auto accepted = state->acceptor->try_accept();
      if (accepted.fd >= 0) {
        ++state->connections;
        state->loop.spawn(serve(state, accepted.fd));
      } else {
        co_await state->acceptor->acceptable({});
      }
    }
  }

  static io::Task<void> serve(std::shared_ptr<State> state, int fd) {
    http::ServerConnection connection(std::make_unique<io::Stream>(state->loop, fd), state->pool,
                                      state->settings);
    ++state->open;
    while ((co_await connection.read_head()).value_or(false)) {
      const auto body = co_await connection.read_body(std::size_t{64} << 20U);
      if (!body) break;
      const http::RequestHead& head = connection.head();
      state->asked.push_back(std::string(head.method) + " " + std::string(head.target));
      state->last_head.assign(head.method.data(), head.size);
      state->last_body = *body;
      const std::string said = state->script(head, *body);
      if (said == kHang) {
        co_await io::Wait(state->loop, {.watched = &connection.descriptor()});
        break;
      }
      if (said.empty() || !co_await connection.write(said) || !connection.end_request()) break;
      if (said.contains("\r\nConnection: close\r\n")) break;
    }
    --state->open;
  }

  std::shared_ptr<State> state_;
};

inline config::Backend backend_config(std::string name, std::string_view url) {
  config::Backend backend;
  backend.name = std::move(name);
  backend.url = http::parse_url(url).value();
  backend.kind = llm::BackendKind::openai;  // nothing is asked but what the test is about
  return backend;
}

inline EndpointPtr endpoint(std::string name, std::string_view url, std::size_t index = 0) {
  return std::make_shared<Endpoint>(backend_config(std::move(name), url), index);
}

/// A loop with what a connector needs.
class ConnectorFixture : public io::testing::LoopTest {
 protected:
  io::Budget budget{std::size_t{64} << 20U};
  io::BufferPool buffers{budget};
  metrics::WorkerMetrics metrics;
  Connector connector{loop, buffers, metrics, nullptr};
};

}  // namespace upstream::testing
