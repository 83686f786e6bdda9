#include "io/tls.hpp"

#include <array>

#include "io/connect.hpp"
#include "io/tls_testing.hpp"

namespace io {
namespace {

using namespace std::chrono_literals;
using testing::TlsServer;

class TlsTest : public testing::LoopTest {
 protected:
  template <class Name>
  Task<void> scenario();

  /// A connection to the server, secured for `host`; the reason of the refusal is in `reason`.
  Task<std::unique_ptr<Stream>> secured(std::uint16_t port, std::string host = "127.0.0.1") {
    auto connected = co_await connect(loop, *Address::parse("127.0.0.1", port), {});
    if (connected.outcome != Outcome::ok) co_return nullptr;
    auto session =
        std::make_unique<TlsSession>(*context, connected.stream->descriptor().fd(), host, &ticket);
    const Outcome outcome = co_await session->handshake(connected.stream->descriptor(), {});
    reason = session->reason();
    if (outcome != Outcome::ok) co_return nullptr;
    connected.stream->secure(std::move(session));
    co_return std::move(connected.stream);
  }

  Task<std::string> read_all(Stream& stream) {
    std::string all;
    std::array<char, 5000> piece;
    for (;;) {
      last = co_await stream.read(piece, {});
      if (!last.ok()) co_return all;
      all.append(piece.data(), last.bytes);
    }
  }

  testing::Certificate certificate;
  std::unique_ptr<TlsContext> context = std::make_unique<TlsContext>();
  TlsTicket ticket;
  std::string reason;
  Transfer last;
};

CO_TEST_F(TlsTest, BytesGoBothWays) {
  const std::string much(300'000, 'x');
  const TlsServer server(certificate, [&](SSL* ssl) {
    TlsServer::read_until(ssl, "hello");
    for (std::size_t at = 0; at < much.size(); at += 10'000)
      TlsServer::write(ssl, std::string_view(much).substr(at, 10'000));
  });
  const auto stream = co_await secured(server.port());
  CO_ASSERT(stream != nullptr);
  std::string hel = "hel";
  std::string lo = "lo";
  std::array slices = {iovec{hel.data(), 3}, iovec{lo.data(), 2}};
  EXPECT_TRUE((co_await stream->write(slices, {})).ok());
  EXPECT_TRUE(co_await read_all(*stream) == much);
  EXPECT_EQ(last.outcome, Outcome::end);
}

CO_TEST_F(TlsTest, AnEndWithoutCloseNotifyIsACut) {
  const TlsServer server(certificate, [](SSL* ssl) {
    TlsServer::write(ssl, "some");
    ::shutdown(SSL_get_fd(ssl), SHUT_RDWR);
  });
  const auto stream = co_await secured(server.port());
  CO_ASSERT(stream != nullptr);
  EXPECT_EQ(co_await read_all(*stream), "some");
  EXPECT_EQ(last.outcome, Outcome::reset);
}

CO_TEST_F(TlsTest, SessionsAreResumed) {
  std::vector<bool> resumed;
  const TlsServer server(certificate, [&](SSL* ssl) {
    resumed.push_back(SSL_session_reused(ssl) == 1);
    TlsServer::write(ssl, "x");
  });
  for (int i = 0; i < 2; ++i) {
    const auto stream = co_await secured(server.port());
    CO_ASSERT(stream != nullptr);
    co_await read_all(*stream);
  }
}

CO_TEST_F(TlsTest, AnotherHostIsRefused) {
  const TlsServer server(certificate, [](SSL*) { ADD_FAILURE() << "the handshake succeeded"; });
  for (const char* host : {"127.0.0.2", "localhost", "test"}) {
    EXPECT_EQ(co_await secured(server.port(), host), nullptr) << host;
    EXPECT_TRUE(reason.contains("mismatch")) << reason;
  }
}

CO_TEST_F(TlsTest, AnUnknownAuthorityIsRefused) {
  const testing::Certificate other;  // takes the place of the first
  context = std::make_unique<TlsContext>();
  const TlsServer server(certificate, [](SSL*) { ADD_FAILURE() << "the handshake succeeded"; });
  EXPECT_EQ(co_await secured(server.port()), nullptr);
  EXPECT_TRUE(reason.contains("self-signed")) << reason;
}

CO_TEST_F(TlsTest, AHandshakeThatHangsTimesOut) {
  const testing::Listener silent;
  auto connected = co_await connect(loop, *Address::parse("127.0.0.1", silent.port()), {});
  CO_ASSERT(connected.outcome == Outcome::ok);
  TlsSession session(*context, connected.stream->descriptor().fd(), "127.0.0.1", nullptr);
  EXPECT_EQ(
      co_await session.handshake(connected.stream->descriptor(), {.deadline = loop.now() + 30ms}),
      Outcome::deadline);
}

}  // namespace
}  // namespace io
