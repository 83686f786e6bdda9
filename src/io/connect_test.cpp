#include "io/connect.hpp"

#include <fstream>
#include <vector>

#include "io/testing.hpp"

namespace io {
namespace {

using namespace std::chrono_literals;

class ConnectTest : public testing::LoopTest {
 protected:
  template <class Name>
  Task<void> scenario();

  static Address loopback(std::uint16_t port) { return *Address::parse("127.0.0.1", port); }

  /// A listener whose backlog is full: what connects now is left without an answer.
  struct Full {
    Full() {
      for (int i = 0; i < 8; ++i)
        waiting.emplace_back(listener.connect());
    }
    testing::Listener listener{0};
    std::vector<testing::Peer> waiting;
  };
};

CO_TEST_F(ConnectTest, OpensAStream) {
  const testing::Listener listener;
  const auto connected = co_await connect(loop, loopback(listener.port()), {});
  CO_ASSERT(connected.outcome == Outcome::ok);
  EXPECT_EQ(connected.error, 0);
  const auto peer = listener.accept();
  EXPECT_TRUE((co_await connected.stream->write(std::string_view("hi"), {})).ok());
  EXPECT_EQ(peer.receive(2), "hi");
}

CO_TEST_F(ConnectTest, RefusedSaysSo) {
  const auto connected = co_await connect(loop, loopback(testing::closed_port()), {});
  EXPECT_EQ(connected.outcome, Outcome::reset);
  EXPECT_EQ(connected.error, ECONNREFUSED);
  EXPECT_EQ(connected.stream, nullptr);
}

// The kernel hands out ephemeral ports in turn, so that one of many tries meets itself.
CO_TEST_F(ConnectTest, NobodyConnectsToItself) {
  std::ifstream range("/proc/sys/net/ipv4/ip_local_port_range");
  int first = 0;
  int last = 0;
  CO_ASSERT(range >> first >> last);
  const auto address = loopback(static_cast<std::uint16_t>(first + 2));
  for (int tries = 0; tries < 2 * (last - first); ++tries) {
    const auto connected = co_await connect(loop, address, {});
    CO_ASSERT(connected.outcome == Outcome::reset);
    EXPECT_EQ(connected.error, ECONNREFUSED);
  }
}

CO_TEST_F(ConnectTest, AFullBacklogTimesOut) {
  const Full full;
  const auto deadline = loop.now() + 40ms;
  const auto connected =
      co_await connect(loop, loopback(full.listener.port()), {.deadline = deadline});
  EXPECT_EQ(connected.outcome, Outcome::deadline);
  EXPECT_EQ(connected.error, ETIMEDOUT);
  EXPECT_EQ(connected.stream, nullptr);
  EXPECT_GE(loop.now(), deadline);
}

CO_TEST_F(ConnectTest, EndsWhenTheWatchedClientLeaves) {
  const Full full;
  testing::TcpPair client;
  Descriptor watched(loop, client.ours);
  client.peer.close();
  const auto connected =
      co_await connect(loop, loopback(full.listener.port()), {.watched = &watched});
  EXPECT_EQ(connected.outcome, Outcome::departed);
  EXPECT_EQ(connected.stream, nullptr);
}

}  // namespace
}  // namespace io
