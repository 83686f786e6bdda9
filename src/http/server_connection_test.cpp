#include "http/server_connection.hpp"

#include "http/server_connection_fixture.hpp"

namespace http {
namespace {

using namespace std::chrono_literals;
using base::ErrorCode;

class ServerConnectionTest : public ServerConnectionFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();
};

// ## Heads

CO_TEST_F(ServerConnectionTest, AHeadMayComeByteByByte) {
  loop.spawn(send_in_pieces("GET /x HTTP/1.1\r\nHost: h\r\n\r\n", 1));
  EXPECT_EQ(co_await next_request(), "GET /x ");
  EXPECT_TRUE(connection.end_request());
}

CO_TEST_F(ServerConnectionTest, WhatIsWrongWithAHeadIsSaidAndEndsTheConnection) {
  client.send("GET / HTTP/1.1\r\nHost : h\r\n");
  EXPECT_EQ(co_await head_error(), ErrorCode::bad_request);
  EXPECT_FALSE(connection.end_request());
}

CO_TEST_F(ServerConnectionTest, AHeadThatDoesNotComeWholeTimesOut) {
  settings.header = 30ms;
  client.send("GET / HTTP/1.1\r\n");
  EXPECT_EQ(co_await head_error(), ErrorCode::request_timeout);
}

CO_TEST_F(ServerConnectionTest, AClientThatLeavesWithinAHeadIsGone) {
  client.send("GET / HTTP/1.1\r\n");
  client.close();
  EXPECT_EQ(co_await head_error(), ErrorCode::client_closed);
}

CO_TEST_F(ServerConnectionTest, BetweenRequestsNothingIsSaidOfLeavingOrIdling) {
  settings.keep_alive = 20ms;
  const auto idle = co_await connection.read_head();
  EXPECT_TRUE(idle && !*idle);
  settings.keep_alive = 20s;
  client.close();
  const auto gone = co_await connection.read_head();
  EXPECT_TRUE(gone && !*gone);
}

CO_TEST_F(ServerConnectionTest, NoMemoryIsAnOverload) {
  EXPECT_TRUE(budget.take(budget.limit()));
  client.send("GET / HTTP/1.1\r\n");
  EXPECT_EQ(co_await head_error(), ErrorCode::router_overloaded);
  budget.give_back(budget.limit());
}

CO_TEST_F(ServerConnectionTest, AnIdleConnectionHoldsNoMemory) {
  EXPECT_TRUE(connection.idle());
  client.send(post("body"));
  EXPECT_EQ(co_await next_request(), "POST /a?b=c body");
  EXPECT_FALSE(connection.idle());
  EXPECT_GT(pool.in_use(), 0U);
  EXPECT_TRUE(connection.end_request());
  EXPECT_EQ(pool.in_use(), 0U);
  settings.keep_alive = 20ms;
  co_await connection.read_head();
  EXPECT_TRUE(connection.idle());
  EXPECT_EQ(pool.in_use(), 0U);
}

// ## Bodies

CO_TEST_F(ServerConnectionTest, ALargeSizedBodyIsOnePieceAndTheHeadStaysRight) {
  const std::string body = pattern(300'000);
  loop.spawn(send_in_pieces(post(body), 20'000));
  EXPECT_TRUE(co_await next_request() == "POST /a?b=c " + body);
}

CO_TEST_F(ServerConnectionTest, ALargeChunkedBodyIsOnePieceAndTheHeadStaysRight) {
  const std::string body = pattern(300'000);
  std::string request = "POST /a?b=c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < body.size(); at += 3000)
    request += "bb8;x=y\r\n" + body.substr(at, 3000) + "\r\n";
  request += "0\r\n\r\n";
  loop.spawn(send_in_pieces(request + "GET /next HTTP/1.1\r\nHost: h\r\n\r\n", 17'777));
  EXPECT_TRUE(co_await next_request() == "POST /a?b=c " + body);
  EXPECT_TRUE(connection.end_request());
  EXPECT_EQ(co_await next_request(), "GET /next ");
}

CO_TEST_F(ServerConnectionTest, AMalformedChunkIsTheClientsFault) {
  client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\n");
  EXPECT_EQ(co_await body_error(), ErrorCode::bad_request);
  EXPECT_FALSE(connection.end_request());
}

CO_TEST_F(ServerConnectionTest, ABodyOverTheLimitIsRefusedUnread) {
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\n");
  EXPECT_EQ(co_await body_error(5), ErrorCode::body_too_large);
  EXPECT_FALSE(connection.end_request());
}

CO_TEST_F(ServerConnectionTest, AChunkedBodyOverTheLimitIsRefusedOnTheWay) {
  client.send(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef");
  EXPECT_EQ(co_await body_error(5), ErrorCode::body_too_large);
}

CO_TEST_F(ServerConnectionTest, ABodyOfJustTheLimitIsGood) {
  client.send(post("12345"));
  EXPECT_TRUE(co_await connection.read_head());
  EXPECT_EQ((co_await connection.read_body(5)).value_or("?"), "12345");
  EXPECT_TRUE(connection.end_request());
  client.send(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n");
  EXPECT_TRUE(co_await connection.read_head());
  EXPECT_EQ((co_await connection.read_body(5)).value_or("?"), "12345");
}

CO_TEST_F(ServerConnectionTest, ABodyThatStopsTimesOut) {
  settings.body_gap = 20ms;
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc");
  EXPECT_EQ(co_await body_error(), ErrorCode::request_timeout);
}

CO_TEST_F(ServerConnectionTest, AClientThatLeavesWithinABodyIsGone) {
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc");
  client.close();
  EXPECT_EQ(co_await body_error(), ErrorCode::client_closed);
}

CO_TEST_F(ServerConnectionTest, ABodyLeftUnreadEndsTheConnection) {
  client.send(post("body"));
  EXPECT_TRUE(co_await connection.read_head());
  EXPECT_FALSE(connection.end_request());
}

// ## Several requests

CO_TEST_F(ServerConnectionTest, PipelinedRequestsAreKept) {
  const std::string chunked =
      "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
  client.send(post("one") + chunked + "GET /g HTTP/1.1\r\nHost: h\r\n\r\n" + post("two"));
  for (const char* expected : {"POST /a?b=c one", "POST /c hi", "GET /g ", "POST /a?b=c two"}) {
    EXPECT_EQ(co_await next_request(), expected);
    EXPECT_TRUE(connection.end_request());
  }
  EXPECT_EQ(pool.in_use(), 0U);
}

CO_TEST_F(ServerConnectionTest, ReleasingARequestKeepsWhatFollows) {
  client.send(post("one") + post("two"));
  EXPECT_EQ(co_await next_request(), "POST /a?b=c one");
  connection.release_request();
  EXPECT_TRUE(co_await connection.write("answer"));
  EXPECT_TRUE(connection.end_request());
  EXPECT_EQ(co_await next_request(), "POST /a?b=c two");
}

CO_TEST_F(ServerConnectionTest, TheClientMaySayThatItWantsNoMore) {
  client.send(post("x", "Connection: close\r\n"));
  EXPECT_EQ(co_await next_request(), "POST /a?b=c x");
  EXPECT_FALSE(connection.end_request());
}

}  // namespace
}  // namespace http
