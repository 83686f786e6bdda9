#include "upstream/connector.hpp"

#include <thread>

#include "upstream/testing.hpp"

namespace upstream {
namespace {

using namespace std::chrono_literals;
using base::ErrorCode;

class ConnectorTest : public testing::ConnectorFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  static std::string url_of(std::uint16_t port) {
    return "http://127.0.0.1:" + std::to_string(port);
  }
  static EndpointPtr with_timeout(std::string_view url, std::chrono::milliseconds connect) {
    config::Backend backend = testing::backend_config("b", url);
    backend.timeouts.connect = connect;
    return std::make_shared<Endpoint>(std::move(backend), 0);
  }

  /// A name server that takes its time, longer than any of these tests.
  static io::LookedUp never_answers(const std::string&, std::uint16_t) {
    std::this_thread::sleep_for(200ms);
    return std::unexpected("no answer");
  }

  /// Sends a request and reads the answer's head.
  static io::Task<bool> ask(http::ClientConnection& connection) {
    std::string request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    iovec slice{request.data(), request.size()};
    const bool sent = (co_await connection.send(std::span(&slice, 1), {})).value_or(false);
    co_return sent && (co_await connection.read_head({})).has_value();
  }
};

CO_TEST_F(ConnectorTest, AConnectionServesAgainAfterItIsGivenBack) {
  testing::Backend backend(loop, [](auto&, auto) { return testing::answer("ok"); });
  const auto endpoint = testing::endpoint("b", backend.url());
  EXPECT_FALSE(connector.take_pooled(*endpoint));
  auto lease = co_await connector.open(*endpoint, nullptr);
  CO_ASSERT(lease.has_value());
  EXPECT_FALSE(lease->pooled);
  EXPECT_TRUE(lease->connect_time.has_value());
  EXPECT_TRUE(co_await ask(lease->connection->http));
  connector.give_back(*endpoint, std::move(lease->connection));
  auto again = connector.take_pooled(*endpoint);
  CO_ASSERT(again.has_value());
  EXPECT_TRUE(again->pooled);
  EXPECT_FALSE(again->connect_time.has_value());
  EXPECT_TRUE(co_await ask(again->connection->http));
  EXPECT_EQ(backend.connections(), 1);
  EXPECT_EQ(metrics.upstream_connections_opened.value(), 1U);
  EXPECT_EQ(metrics.upstream_connections_reused.value(), 1U);
}

CO_TEST_F(ConnectorTest, AnUnfinishedExchangeIsNotKept) {
  testing::Backend backend(loop, [](auto&, auto) {
    return std::string("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
  });
  const auto endpoint = testing::endpoint("b", backend.url());
  auto lease = co_await connector.open(*endpoint, nullptr);
  CO_ASSERT(lease.has_value());
  EXPECT_TRUE(co_await ask(lease->connection->http));
  connector.give_back(*endpoint, std::move(lease->connection));
  EXPECT_FALSE(connector.take_pooled(*endpoint));
  EXPECT_EQ(metrics.upstream_connections_open.value(), 0);
  EXPECT_TRUE(co_await eventually([&] { return backend.open() == 0; }));
}

CO_TEST_F(ConnectorTest, ABackendThatKeepsItsConnectionsForASecondIsTakenAtItsWord) {
  testing::Backend backend(loop, [](auto&, auto) {
    return testing::answer("ok", "200 OK", "Keep-Alive: timeout=1\r\n");
  });
  const auto endpoint = testing::endpoint("b", backend.url());
  auto lease = co_await connector.open(*endpoint, nullptr);
  CO_ASSERT(lease.has_value());
  EXPECT_TRUE(co_await ask(lease->connection->http));
  connector.give_back(*endpoint, std::move(lease->connection));
  EXPECT_FALSE(connector.take_pooled(*endpoint));
}

CO_TEST_F(ConnectorTest, RefusedIsUnreachableAndUnsent) {
  const auto endpoint = testing::endpoint("b", url_of(io::testing::closed_port()));
  const auto lease = co_await connector.open(*endpoint, nullptr);
  CO_ASSERT(!lease);
  EXPECT_EQ(lease.error().code, ErrorCode::upstream_unreachable);
  EXPECT_EQ(lease.error().retry, base::Retry::if_unsent);
  EXPECT_TRUE(lease.error().cause.contains("Connection refused")) << lease.error().cause;
  EXPECT_FALSE(lease.error().message.contains("127.0.0.1"));
}

CO_TEST_F(ConnectorTest, AFullBacklogIsATimeout) {
  const io::testing::Listener listener(0);
  std::vector<io::testing::Peer> waiting;
  for (int i = 0; i < 8; ++i)
    waiting.emplace_back(listener.connect());
  const auto endpoint = with_timeout(url_of(listener.port()), 40ms);
  const auto lease = co_await connector.open(*endpoint, nullptr);
  CO_ASSERT(!lease);
  EXPECT_EQ(lease.error().code, ErrorCode::upstream_timeout);
  EXPECT_EQ(lease.error().retry, base::Retry::if_unsent);
}

CO_TEST_F(ConnectorTest, AnAddressThatIsDeadLeavesTimeForTheNext) {
  const io::testing::Listener full(0);
  std::vector<io::testing::Peer> waiting;
  for (int i = 0; i < 8; ++i)
    waiting.emplace_back(full.connect());
  const io::testing::Listener good;
  const auto endpoint = with_timeout("http://name.invalid", 200ms);
  endpoint->publish({*io::Address::parse("127.0.0.1", full.port()),
                     *io::Address::parse("127.0.0.1", io::testing::closed_port()),
                     *io::Address::parse("127.0.0.1", good.port())});
  const auto lease = co_await connector.open(*endpoint, nullptr);
  EXPECT_TRUE(lease.has_value());
}

CO_TEST_F(ConnectorTest, AClientThatLeavesEndsTheConnecting) {
  const io::testing::Listener listener(0);
  std::vector<io::testing::Peer> waiting;
  for (int i = 0; i < 8; ++i)
    waiting.emplace_back(listener.connect());
  io::testing::TcpPair client;
  io::Descriptor watched(loop, client.ours);
  client.peer.close();
  const auto endpoint = testing::endpoint("b", url_of(listener.port()));
  const auto lease = co_await connector.open(*endpoint, &watched);
  CO_ASSERT(!lease);
  EXPECT_EQ(lease.error().code, ErrorCode::client_closed);
}

CO_TEST_F(ConnectorTest, WhoSpeaksNoTlsIsATlsError) {
  const io::TlsContext tls;
  Connector secure(loop, buffers, metrics, &tls);
  testing::Backend backend(loop, [](auto&, auto) { return std::string(); });
  const auto endpoint =
      testing::endpoint("b", "https://127.0.0.1:" + std::to_string(backend.port()));
  const auto lease = co_await secure.open(*endpoint, nullptr);
  CO_ASSERT(!lease);
  EXPECT_EQ(lease.error().code, ErrorCode::upstream_tls_error);
  EXPECT_EQ(lease.error().retry, base::Retry::if_unsent);
  EXPECT_EQ(metrics.upstream_connections_open.value(), 0);
}

// ## Names

CO_TEST_F(ConnectorTest, ResolvingPublishesTheAddresses) {
  const auto endpoint = testing::endpoint("b", "http://127.0.0.1:81");
  const auto found = co_await connector.resolve(*endpoint, {});
  CO_ASSERT(found && endpoint->addresses());
  EXPECT_EQ(endpoint->addresses()->front().to_string(), "127.0.0.1:81");
  EXPECT_TRUE(endpoint->is_private());
}

CO_TEST_F(ConnectorTest, ANameThatLeadsToLinkLocalAddressesIsUnreachable) {
  config::Backend backend = testing::backend_config("b", "http://h");
  backend.url.host = "169.254.169.254";  // what a hostile name would resolve to
  Endpoint endpoint(std::move(backend), 0);
  const auto found = co_await connector.resolve(endpoint, {});
  CO_ASSERT(!found);
  EXPECT_EQ(found.error().code, ErrorCode::upstream_unreachable);
  EXPECT_EQ(endpoint.addresses(), nullptr);
}

CO_TEST_F(ConnectorTest, TheLastGoodAddressesStay) {
  config::Backend backend = testing::backend_config("b", "http://h");
  backend.url.host = std::string(300, 'a');  // no name at all
  Endpoint endpoint(std::move(backend), 0);
  EXPECT_FALSE(co_await connector.resolve(endpoint, {}));
  endpoint.publish({*io::Address::parse("10.0.0.1", 80)});
  const auto found = co_await connector.resolve(endpoint, {});
  CO_ASSERT(found.has_value());
  EXPECT_EQ(found->front().to_string(), "10.0.0.1:80");
}

CO_TEST_F(ConnectorTest, AClientThatLeavesEndsTheLookUp) {
  Connector connecting(loop, buffers, metrics, nullptr, never_answers);
  io::testing::TcpPair client;
  io::Descriptor watched(loop, client.ours);
  client.peer.close();
  const auto endpoint = testing::endpoint("b", "http://name.test");
  const auto lease = co_await connecting.open(*endpoint, &watched);
  CO_ASSERT(!lease);
  EXPECT_EQ(lease.error().code, ErrorCode::client_closed);
}

CO_TEST_F(ConnectorTest, ALookUpThatHangsIsATimeout) {
  Connector connecting(loop, buffers, metrics, nullptr, never_answers);
  const auto endpoint = with_timeout("http://name.test", 20ms);
  const auto lease = co_await connecting.open(*endpoint, nullptr);
  CO_ASSERT(!lease);
  EXPECT_EQ(lease.error().code, ErrorCode::upstream_timeout);
  EXPECT_EQ(lease.error().retry, base::Retry::if_unsent);
  EXPECT_TRUE(lease.error().cause.contains("name.test")) << lease.error().cause;
}

// ## How long an idle connection is kept

TEST(IdleTime, IsTheLeastOfDefaultConfigurationAndPromise) {
  const auto idle = [](std::string_view url, std::string_view ip,
                       std::optional<std::chrono::milliseconds> configured,
                       std::optional<std::chrono::seconds> promised) {
    config::Backend backend = testing::backend_config("b", url);
    backend.timeouts.backend_keep_alive = configured;
    Endpoint endpoint(std::move(backend), 0);
    endpoint.publish({*io::Address::parse(ip, 80)});
    return idle_time(endpoint, promised);
  };
  EXPECT_EQ(idle("http://h", "10.0.0.1", {}, {}), 4s);
  EXPECT_EQ(idle("http://h", "8.8.8.8", {}, {}), 55s);
  EXPECT_EQ(idle("https://h", "10.0.0.1", {}, {}), 55s);
  EXPECT_EQ(idle("http://h", "10.0.0.1", 20s, {}), 20s);
  EXPECT_EQ(idle("http://h", "8.8.8.8", {}, 30s), 29s);
  EXPECT_EQ(idle("http://h", "8.8.8.8", {}, 3600s), 55s);
  EXPECT_EQ(idle("http://h", "8.8.8.8", 10s, 60s), 10s);
  EXPECT_LE(idle("http://h", "8.8.8.8", {}, 1s), 0s);
  EXPECT_LE(idle("http://h", "8.8.8.8", {}, 0s), 0s);
}

}  // namespace
}  // namespace upstream
