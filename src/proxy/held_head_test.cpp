#include "proxy/held_head.hpp"

#include "proxy/testing.hpp"

namespace proxy {
namespace {

using namespace std::chrono_literals;
using testing::chunk;

constexpr std::string_view kComment = ": waiting for the backend\n\n";

class HeldHeadTest : public testing::ProxyFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  io::Task<void> arrive_for(std::string_view version = "1.1") {
    co_await arrive("POST / HTTP/" + std::string(version) +
                    "\r\nHost: h\r\nx-request-id: id\r\n\r\n");
    exchange.emplace(worker, downstream, "192.0.2.1");
    exchange->read_head("/");
  }

  static constexpr std::string_view kOwnHead =
      "HTTP/1.1 200 OK\r\nx-request-id: id\r\nContent-Type: text/event-stream\r\n"
      "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n";

  std::optional<Exchange> exchange;
};

CO_TEST_F(HeldHeadTest, GoesOutWithTheFirstEvents) {
  co_await arrive_for();
  HeldHead held(*exchange, true);
  EXPECT_FALSE(held.committed());
  EXPECT_EQ(held.next(), exchange->now() + config.stream.commit_after);
  const std::string bytes =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Rate: 1\r\nServer: s\r\n\r\n";
  http::ResponseHead from;
  EXPECT_TRUE(http::ResponseHeadParser().parse(bytes, from));
  exchange->first_event = 1s;
  EXPECT_TRUE(co_await held.send("data: 1\n\n", &from, false));
  EXPECT_TRUE(held.committed());
  EXPECT_EQ(held.next(), base::kNever);
  EXPECT_TRUE(co_await held.send("data: 2\n\n", &from, false));
  EXPECT_TRUE(co_await held.send("data: 3\n\n", &from, true));
  EXPECT_EQ(
      client.received(),
      "HTTP/1.1 200 OK\r\nx-request-id: id\r\nContent-Type: text/event-stream\r\nX-Rate: 1\r\n"
      "Transfer-Encoding: chunked\r\n\r\n" +
          chunk("data: 1\n\n") + chunk("data: 2\n\n") + chunk("data: 3\n\n") + "0\r\n\r\n");
  EXPECT_EQ(exchange->status, 200);
}

CO_TEST_F(HeldHeadTest, AfterAWhileItGoesOutWithComments) {
  config.stream.commit_after = 5s;
  config.stream.comment_interval = 7s;
  co_await arrive_for();
  HeldHead held(*exchange, true);
  EXPECT_EQ(held.next(), exchange->now() + 5s);
  EXPECT_TRUE(co_await held.act());
  EXPECT_TRUE(held.committed());
  EXPECT_EQ(held.next(), exchange->now() + 7s);
  EXPECT_TRUE(co_await held.act());
  EXPECT_TRUE(co_await held.send({}, nullptr, true));
  EXPECT_EQ(client.received(),
            std::string(kOwnHead) + chunk(kComment) + chunk(kComment) + "0\r\n\r\n");
}

// They are no sign of life to proxies for longer than ours would be.
CO_TEST_F(HeldHeadTest, ABackendsCommentsDoNotEndOurs) {
  co_await arrive_for();
  HeldHead held(*exchange, true);
  EXPECT_TRUE(co_await held.act());
  EXPECT_TRUE(co_await held.send(": theirs\n\n", nullptr, false));
  EXPECT_NE(held.next(), base::kNever);
}

CO_TEST_F(HeldHeadTest, APlainAnswersHeadIsNeverDue) {
  co_await arrive_for();
  EXPECT_EQ(HeldHead(*exchange, false).next(), base::kNever);
}

CO_TEST_F(HeldHeadTest, ForHttp10TheEndOfTheConnectionIsTheEnd) {
  co_await arrive_for("1.0");
  HeldHead held(*exchange, true);
  EXPECT_TRUE(co_await held.send("data: 1\n\n", nullptr, false));
  EXPECT_TRUE(co_await held.send("data: 2\n\n", nullptr, true));
  EXPECT_EQ(client.received(),
            "HTTP/1.1 200 OK\r\nx-request-id: id\r\nConnection: close\r\n"
            "Content-Type: text/event-stream\r\nCache-Control: no-cache\r\n\r\n"
            "data: 1\n\ndata: 2\n\n");
  EXPECT_TRUE(exchange->close);
}

CO_TEST_F(HeldHeadTest, SaysThatTheClientHasGone) {
  co_await arrive_for();
  HeldHead held(*exchange, true);
  client.reset();
  EXPECT_TRUE(co_await eventually([&] { return downstream.descriptor().hung_up(); }));
  EXPECT_FALSE(co_await held.act());
  EXPECT_EQ(exchange->status, 499);
}

}  // namespace
}  // namespace proxy
