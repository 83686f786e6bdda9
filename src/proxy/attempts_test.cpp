#include "proxy/attempts.hpp"

#include <gmock/gmock.h>

#include "proxy/testing.hpp"

// Which endpoint is tried, and when another one may be.

namespace proxy {
namespace {

using namespace std::chrono_literals;
using testing::body_of;
using ::testing::HasSubstr;
using testing::request;
using ::testing::StartsWith;
using upstream::testing::answer;
using upstream::testing::Backend;

constexpr std::string_view kCall = R"({"model":"m"})";

class AttemptsTest : public testing::ProxyFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  static std::string closed_url() {
    return "http://127.0.0.1:" + std::to_string(io::testing::closed_port());
  }

  /// A backend that answers once and then does `then` with the connection, which the router keeps.
  struct OneShot {
    io::testing::Listener listener;
    [[nodiscard]] std::string url() const {
      return "http://127.0.0.1:" + std::to_string(listener.port());
    }
  };

  /// Serves the first request on a connection of `backend`, and gives its other end.
  io::Task<io::testing::Peer> first_exchange(const OneShot& backend) {
    io::testing::Peer peer;
    client.send(request(kCall));
    loop.spawn(
        [](AttemptsTest& test, const OneShot& where, io::testing::Peer& out) -> io::Task<void> {
          out = co_await test.accept_request(where.listener, kCall);
          out.send(answer("{}"));
        }(*this, backend, peer));
    EXPECT_TRUE(co_await serve());
    EXPECT_EQ(body_of(client.received()), "{}");
    co_return peer;
  }
};

CO_TEST_F(AttemptsTest, RequestsGoInTurn) {
  Backend one(loop, [](auto&, auto) { return answer("[1]"); });
  Backend two(loop, [](auto&, auto) { return answer("[2]"); });
  route({endpoint("one", one.url()), endpoint("two", two.url())});
  for (int i = 0; i < 6; ++i)
    co_await answer_to(request(kCall));
  EXPECT_EQ(one.asked().size(), 3U);
  EXPECT_EQ(two.asked().size(), 3U);
}

CO_TEST_F(AttemptsTest, TheLeastLoadedIsAskedFirst) {
  Backend busy(loop, [](auto&, auto) { return answer("[1]"); });
  Backend idle(loop, [](auto&, auto) { return answer("[2]"); });
  const auto loaded = endpoint("busy", busy.url());
  route({loaded, endpoint("idle", idle.url())});
  const upstream::InFlight other(*loaded);
  for (int i = 0; i < 4; ++i)
    co_await answer_to(request(kCall));
  EXPECT_EQ(busy.asked().size(), 0U);
}

CO_TEST_F(AttemptsTest, AnUnreachableEndpointIsPassedOver) {
  Backend good(loop, [](auto&, auto) { return answer("[2]"); });
  const auto dead = endpoint("dead", closed_url());
  route({dead, endpoint("good", good.url())});
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(body_of(co_await answer_to(request(kCall))), "[2]");
  EXPECT_EQ(good.asked().size(), 4U);
  EXPECT_EQ(dead->in_flight, 0);
}

CO_TEST_F(AttemptsTest, IfNoneCanBeReachedTheSdkNeedNotTry) {
  route({endpoint("a", closed_url()), endpoint("b", closed_url())});
  const std::string said = co_await answer_to(request(kCall));
  EXPECT_THAT(said, StartsWith("HTTP/1.1 502 "));
  EXPECT_THAT(said, HasSubstr("upstream_unreachable"));
  EXPECT_THAT(said, HasSubstr("x-should-retry: false"));
}

CO_TEST_F(AttemptsTest, WhatMayHaveBeenWorkedOnIsNotRepeated) {
  Backend dies(loop, [](auto&, auto) { return std::string(); });
  Backend good(loop, [](auto&, auto) { return answer("[2]"); });
  route({endpoint("dies", dies.url()), endpoint("good", good.url())});
  EXPECT_THAT(co_await answer_to(request(kCall)), HasSubstr("upstream_connection_closed"));
  EXPECT_EQ(dies.asked().size() + good.asked().size(), 1U);
}

CO_TEST_F(AttemptsTest, APooledConnectionThatHadEndedUnseenIsReplaced) {
  const OneShot backend;
  const auto b = endpoint("b", backend.url());
  route({b});
  io::testing::Peer peer = co_await first_exchange(backend);
  client.send(request(kCall));
  EXPECT_EQ(co_await io::Wait(downstream.descriptor(), io::Interest::read, {}), io::Wake::ready);
  peer.close();  // the loop has not turned since: the router can't know yet
  io::testing::Peer second;
  loop.spawn(
      [](AttemptsTest& test, const OneShot& where, io::testing::Peer& out) -> io::Task<void> {
        out = co_await test.accept_request(where.listener, kCall);
        out.send(answer("[2]"));
      }(*this, backend, second));
  EXPECT_TRUE(co_await serve());
  EXPECT_EQ(body_of(client.received()), "[2]");
  EXPECT_EQ(b->in_flight, 0);
}

CO_TEST_F(AttemptsTest, APooledConnectionThatReadTheRequestIsNot) {
  for (const bool by_reset : {false, true}) {
    const OneShot backend;
    route({endpoint("b", backend.url())});
    io::testing::Peer peer = co_await first_exchange(backend);
    client.send(request(kCall));
    loop.spawn([](AttemptsTest& test, io::testing::Peer& ends, bool reset) -> io::Task<void> {
      co_await test.take_request(ends, kCall);
      reset ? ends.reset() : ends.close();
    }(*this, peer, by_reset));
    co_await serve();
    EXPECT_THAT(client.received(), HasSubstr("upstream_connection_closed")) << by_reset;
    EXPECT_FALSE(backend.listener.pending()) << by_reset;
  }
}

CO_TEST_F(AttemptsTest, AClientThatLeavesTakesItsRequestAlong) {
  Backend backend(loop, [](auto&, auto) { return std::string(Backend::kHang); });
  const auto b = endpoint("b", backend.url());
  route({b});
  client.send(request(kCall));
  loop.spawn([](AttemptsTest& test, Backend& asked) -> io::Task<void> {
    co_await test.eventually([&] { return asked.asked().size() == 1; });
    test.client.reset();
  }(*this, backend));
  EXPECT_FALSE(co_await serve());
  EXPECT_TRUE(co_await eventually([&] { return backend.open() == 0; }));
  EXPECT_EQ(b->in_flight, 0);
  EXPECT_EQ(metrics.upstream_connections_open.value(), 0);
  EXPECT_THAT(access_lines(), HasSubstr("\"status\":499"));
}

CO_TEST_F(AttemptsTest, ASlowBackendIsATimeout) {
  Backend backend(loop, [](auto&, auto) { return std::string(Backend::kHang); });
  config::Backend slow = upstream::testing::backend_config("slow", backend.url());
  slow.timeouts.total = 30ms;
  const auto b = std::make_shared<upstream::Endpoint>(slow, 0);
  route({b});
  const std::string said = co_await answer_to(request(kCall));
  EXPECT_THAT(said, StartsWith("HTTP/1.1 504 "));
  EXPECT_THAT(said, HasSubstr("upstream_timeout"));
  EXPECT_TRUE(co_await eventually([&] { return backend.open() == 0; }));
}

TEST(FirstLimit, IsByWhatIsAskedAndWhere) {
  const auto limit = [](std::string_view ip, std::optional<std::chrono::milliseconds> first,
                        bool streaming) {
    config::Backend backend = upstream::testing::backend_config("b", "http://h");
    backend.timeouts.first_token = first;
    backend.timeouts.total = 77s;
    upstream::Endpoint endpoint(std::move(backend), 0);
    endpoint.publish({*io::Address::parse(ip, 80)});
    const Upstream upstream{.endpoint = &endpoint, .connection = nullptr, .sent = {}};
    return first_limit(upstream, streaming) - upstream.sent;
  };
  EXPECT_EQ(limit("10.0.0.1", {}, true), 600s);
  EXPECT_EQ(limit("8.8.8.8", {}, true), 120s);
  EXPECT_EQ(limit("8.8.8.8", 5s, true), 5s);
  EXPECT_EQ(limit("8.8.8.8", 5s, false), 77s);
}

}  // namespace
}  // namespace proxy
