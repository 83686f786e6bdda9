#include "upstream/connection_pool.hpp"

#include "io/testing.hpp"

namespace upstream {
namespace {

using namespace std::chrono_literals;

class ConnectionPoolTest : public io::testing::LoopTest {
 protected:
  template <class Name>
  io::Task<void> scenario();

  /// A connection that has served one exchange; `backend` is its other end.
  io::Task<std::unique_ptr<Connection>> served(io::testing::Peer& backend) {
    io::testing::TcpPair pair;
    backend = std::move(pair.peer);
    auto connection = std::make_unique<Connection>(
        http::ClientConnection(std::make_unique<io::Stream>(loop, pair.ours), buffers),
        metrics::Raised(metrics.upstream_connections_open));
    backend.send("HTTP/1.1 204 No Content\r\n\r\n");
    EXPECT_TRUE(co_await connection->http.read_head({}));
    EXPECT_TRUE(connection->http.reusable());
    co_return connection;
  }

  std::int64_t idle() const { return metrics.upstream_connections_idle.value(); }
  std::int64_t open() const { return metrics.upstream_connections_open.value(); }

  io::Budget budget{std::size_t{1} << 20U};
  io::BufferPool buffers{budget};
  metrics::WorkerMetrics metrics;
  ConnectionPool pool{loop, metrics};
  io::testing::Peer first;
  io::testing::Peer second;
};

CO_TEST_F(ConnectionPoolTest, GivesBackWhatItKeepsTheLastUsedFirst) {
  auto one = co_await served(first);
  auto two = co_await served(second);
  const Connection* const last = two.get();
  pool.keep(3, std::move(one), 10s);
  pool.keep(3, std::move(two), 10s);
  EXPECT_EQ(idle(), 2);
  EXPECT_EQ(buffers.in_use(), 0U);
  EXPECT_EQ(pool.take(0), nullptr);
  EXPECT_EQ(pool.take(4), nullptr);
  const auto taken = pool.take(3);
  EXPECT_EQ(taken.get(), last);
  EXPECT_EQ(idle(), 1);
  EXPECT_NE(pool.take(3), nullptr);
  EXPECT_EQ(pool.take(3), nullptr);
  EXPECT_EQ(idle(), 0);
}

CO_TEST_F(ConnectionPoolTest, TimeEndsAnIdleConnection) {
  pool.keep(0, co_await served(first), 20ms);
  EXPECT_TRUE(co_await eventually([&] { return idle() == 0; }));
  EXPECT_EQ(open(), 0);
  EXPECT_EQ(first.state(), 0);
  EXPECT_EQ(pool.take(0), nullptr);
}

CO_TEST_F(ConnectionPoolTest, ABackendThatClosesTakesItsConnectionOut) {
  pool.keep(0, co_await served(first), 10s);
  first.close();
  EXPECT_TRUE(co_await eventually([&] { return idle() == 0; }));
  EXPECT_EQ(open(), 0);
}

CO_TEST_F(ConnectionPoolTest, ABackendThatSpeaksUnaskedTakesItsConnectionOut) {
  pool.keep(0, co_await served(first), 10s);
  first.send("HTTP/1.1 408 Request Timeout\r\n\r\n");
  EXPECT_TRUE(co_await eventually([&] { return idle() == 0; }));
  EXPECT_EQ(open(), 0);
}

CO_TEST_F(ConnectionPoolTest, OneThatIsDeadAlreadyIsNotKept) {
  auto connection = co_await served(first);
  first.close();
  EXPECT_TRUE(
      co_await eventually([&] { return connection->http.stream().descriptor().hung_up(); }));
  pool.keep(0, std::move(connection), 10s);
  EXPECT_EQ(idle(), 0);
  EXPECT_EQ(open(), 0);
}

CO_TEST_F(ConnectionPoolTest, ATakenConnectionIsNoLongerWatched) {
  pool.keep(0, co_await served(first), 20ms);
  const auto taken = pool.take(0);
  first.send("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_TRUE(co_await taken->http.read_head({}));
  co_await io::sleep_until(loop, loop.now() + 50ms);
  EXPECT_EQ(open(), 1);
  EXPECT_EQ(idle(), 0);
}

CO_TEST_F(ConnectionPoolTest, AConnectionIsKeptAgainAndAgain) {
  auto connection = co_await served(first);
  for (int i = 0; i < 5; ++i) {
    pool.keep(0, std::move(connection), 10s);
    connection = pool.take(0);
    CO_ASSERT(connection != nullptr);
    first.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    EXPECT_TRUE(co_await connection->http.read_head({}));
    EXPECT_EQ(connection->http.body(), "ok");
  }
}

}  // namespace
}  // namespace upstream
