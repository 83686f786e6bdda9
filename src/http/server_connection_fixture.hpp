#pragma once

#include <memory>
#include <string>

#include "http/server_connection.hpp"
#include "io/testing.hpp"

// For the tests of ServerConnection only.

namespace http {

inline constexpr std::size_t kMuch = std::size_t{1} << 20U;

inline std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>('a' + i % 23);
  return text;
}

inline std::string post(std::string_view body, std::string_view fields = "") {
  return "POST /a?b=c HTTP/1.1\r\nHost: h\r\n" + std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

class ServerConnectionFixture : public io::testing::LoopTest {
 protected:
  io::Task<void> send_in_pieces(std::string text, std::size_t size) {
    for (std::size_t at = 0; at < text.size(); at += size) {
      client.send(text.substr(at, size));
      co_await io::sleep_until(loop, loop.now() + std::chrono::milliseconds(1));
    }
  }

  /// The next request, which must be good: `METHOD target body`.
  io::Task<std::string> next_request() {
    const auto arrived = co_await connection.read_head();
    if (!arrived) co_return "error: " + arrived.error().message;
    if (!*arrived) co_return "nobody";
    const auto body = co_await connection.read_body(kMuch);
    if (!body) co_return "error: " + body.error().message;
    const RequestHead& head = connection.head();
    std::string said(head.method);
    said.append(" ").append(head.target).append(" ").append(*body);
    if (head.headers.find(HeaderId::host) != "h") said += " WRONG HOST";
    co_return said;
  }

  io::Task<base::ErrorCode> head_error() {
    const auto arrived = co_await connection.read_head();
    co_return arrived ? base::ErrorCode::internal_error : arrived.error().code;
  }
  io::Task<base::ErrorCode> body_error(std::size_t limit = kMuch) {
    EXPECT_TRUE(co_await connection.read_head());
    const auto body = co_await connection.read_body(limit);
    co_return body ? base::ErrorCode::internal_error : body.error().code;
  }

  io::Budget budget{64 * kMuch};
  io::BufferPool pool{budget};
  ServerSettings settings;
  io::testing::TcpPair pair;
  io::testing::Peer& client = pair.peer;
  ServerConnection connection{std::make_unique<io::Stream>(loop, pair.ours), pool, settings};
};

}  // namespace http
