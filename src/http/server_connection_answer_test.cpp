#include "http/server_connection.hpp"
#include "http/server_connection_fixture.hpp"

namespace http {
namespace {

using namespace std::chrono_literals;
using base::ErrorCode;

class ServerConnectionAnswerTest : public ServerConnectionFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();
};

// ## Expect: 100-continue

CO_TEST_F(ServerConnectionAnswerTest, ContinueIsSaidToWhoWaitsForIt) {
  client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_TRUE(co_await connection.read_head());
  EXPECT_EQ(client.received(), "");
  loop.spawn([](ServerConnectionAnswerTest& test) -> io::Task<void> {
    std::string said;
    co_await test.eventually([&] { return !(said += test.client.received()).empty(); });
    EXPECT_EQ(said, "HTTP/1.1 100 Continue\r\n\r\n");
    test.client.send("body");
  }(*this));
  EXPECT_EQ((co_await connection.read_body(kMuch)).value_or("?"), "body");
}

CO_TEST_F(ServerConnectionAnswerTest, ContinueIsNotSaidToWhoHasSentItsBody) {
  client.send(post("body", "Expect: 100-continue\r\n"));
  EXPECT_EQ(co_await next_request(), "POST /a?b=c body");
  EXPECT_EQ(client.received(), "");
}

CO_TEST_F(ServerConnectionAnswerTest, ContinueIsNotSaidToABodyThatIsTooLarge) {
  client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n");
  EXPECT_EQ(co_await body_error(8), ErrorCode::body_too_large);
  EXPECT_EQ(client.received(), "");
}

// ## Answers and the end

CO_TEST_F(ServerConnectionAnswerTest, WritesAllOfALargeAnswer) {
  const std::string answer = pattern(5'000'000);
  std::string got;
  loop.spawn([](ServerConnectionAnswerTest& test, std::string& out) -> io::Task<void> {
    while (out.size() < 5'000'000) {
      out += test.client.received();
      co_await io::sleep_until(test.loop, test.loop.now() + 1ms);
    }
  }(*this, got));
  EXPECT_TRUE(co_await connection.write(answer));
  EXPECT_TRUE(co_await eventually([&] { return got.size() == answer.size(); }));
  EXPECT_TRUE(got == answer);
}

CO_TEST_F(ServerConnectionAnswerTest, AClientThatReadsNothingIsGivenUp) {
  settings.write_gap = 20ms;
  EXPECT_FALSE(co_await connection.write(pattern(64'000'000)));
}

CO_TEST_F(ServerConnectionAnswerTest, AClientThatHasGoneIsNotWrittenTo) {
  client.reset();
  EXPECT_TRUE(co_await eventually([&] { return connection.descriptor().hung_up(); }));
  EXPECT_FALSE(co_await connection.write("answer"));
}

CO_TEST_F(ServerConnectionAnswerTest, AbortWakesWhoWaits) {
  std::optional<bool> arrived;
  loop.spawn([](ServerConnection& waiting, std::optional<bool>& out) -> io::Task<void> {
    out = (co_await waiting.read_head()).value_or(true);
  }(connection, arrived));
  EXPECT_FALSE(arrived);
  connection.abort();
  EXPECT_TRUE(co_await eventually([&] { return arrived.has_value(); }));
  EXPECT_EQ(arrived, false);
}

CO_TEST_F(ServerConnectionAnswerTest, LingeringLeavesTheAnswerToAClientThatStillSends) {
  client.send(post("body"));
  EXPECT_TRUE(co_await connection.read_head());
  EXPECT_TRUE(co_await connection.write("HTTP/1.1 413 x\r\n\r\n"));
  bool over = false;
  loop.spawn([](ServerConnection& ending, bool& done) -> io::Task<void> {
    co_await ending.linger();
    done = true;
  }(connection, over));
  for (int i = 0; i < 5; ++i) {
    client.send(pattern(50'000));
    co_await io::sleep_until(loop, loop.now() + 10ms);
  }
  EXPECT_EQ(client.receive(1000), "HTTP/1.1 413 x\r\n\r\n");
  EXPECT_EQ(client.state(), 0);  // ended, not reset
  EXPECT_FALSE(over);
  client.close();
  EXPECT_TRUE(co_await eventually([&] { return over; }));
}

CO_TEST_F(ServerConnectionAnswerTest, LingeringEndsByItself) {
  const auto start = loop.now();
  co_await connection.linger();
  EXPECT_GE(loop.now() - start, 1s);
  EXPECT_EQ(client.state(), 0);
}

}  // namespace
}  // namespace http
