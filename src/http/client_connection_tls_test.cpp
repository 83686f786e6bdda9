#include <atomic>
#include <thread>

#include "http/client_connection.hpp"
#include "io/connect.hpp"
#include "io/tls.hpp"
#include "io/tls_testing.hpp"

namespace http {
namespace {

using namespace std::chrono_literals;
using io::testing::TlsServer;

class ClientConnectionTlsTest : public io::testing::LoopTest {
 protected:
  template <class Name>
  io::Task<void> scenario();

  io::Task<std::unique_ptr<ClientConnection>> connect(std::uint16_t port) {
    auto connected = co_await io::connect(loop, *io::Address::parse("127.0.0.1", port), {});
    if (connected.outcome != io::Outcome::ok) co_return nullptr;
    io::Stream& stream = *connected.stream;
    auto session =
        std::make_unique<io::TlsSession>(context, stream.descriptor().fd(), "127.0.0.1", nullptr);
    if (co_await session->handshake(stream.descriptor(), {}) != io::Outcome::ok) co_return nullptr;
    stream.secure(std::move(session));
    co_return std::make_unique<ClientConnection>(std::move(connected.stream), pool);
  }

  io::testing::Certificate certificate;
  io::TlsContext context;
  io::Budget budget{std::size_t{64} << 20U};
  io::BufferPool pool{budget};
};

// What a server sends for TLS itself (tickets) is no early answer to the request.
CO_TEST_F(ClientConnectionTlsTest, ALargeRequestGoesOutWhole) {
  const std::string request(8'000'000, 'x');
  std::size_t received = 0;
  std::atomic<bool> reads = false;
  const TlsServer server(certificate, [&](SSL* ssl) {
    while (!reads)
      std::this_thread::yield();
    received = TlsServer::read_count(ssl, request.size());
    TlsServer::write(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  const auto connection = co_await connect(server.port());
  CO_ASSERT(connection != nullptr);
  // By then the socket has taken what it can, and the tickets have come.
  loop.spawn([](io::Loop& turns, std::atomic<bool>& flag) -> io::Task<void> {
    co_await io::sleep_until(turns, turns.now() + 50ms);
    flag = true;
  }(loop, reads));
  iovec slice{const_cast<char*>(request.data()), request.size()};
  const io::Guard guard{.deadline = loop.now() + io::testing::kLimit / 4};
  EXPECT_TRUE((co_await connection->send(std::span(&slice, 1), guard)).value_or(false));
  EXPECT_TRUE(co_await connection->read_head(guard));
  EXPECT_EQ(connection->body(), "ok");
  EXPECT_TRUE(connection->reusable());
  EXPECT_EQ(received, request.size());
}

CO_TEST_F(ClientConnectionTlsTest, AnEarlyAnswerStopsTheRequest) {
  std::atomic<bool> over = false;
  const TlsServer server(certificate, [&](SSL* ssl) {
    TlsServer::read_count(ssl, 1000);
    TlsServer::write(ssl, "HTTP/1.1 413 x\r\nContent-Length: 2\r\n\r\nno");
    while (!over)
      std::this_thread::yield();
  });
  const auto connection = co_await connect(server.port());
  CO_ASSERT(connection != nullptr);
  const std::string request(32'000'000, 'x');
  iovec slice{const_cast<char*>(request.data()), request.size()};
  const io::Guard guard{.deadline = loop.now() + io::testing::kLimit / 4};
  EXPECT_FALSE((co_await connection->send(std::span(&slice, 1), guard)).value_or(true));
  EXPECT_TRUE(co_await connection->read_head(guard));
  EXPECT_EQ(connection->head().status, 413);
  EXPECT_FALSE(connection->reusable());
  over = true;
}

}  // namespace
}  // namespace http
