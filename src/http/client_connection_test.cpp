#include "http/client_connection.hpp"

#include <cstring>

#include "http/client_connection_fixture.hpp"

namespace http {
namespace {

using namespace std::chrono_literals;
using base::ErrorCode;

class ClientConnectionTest : public ClientConnectionFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();
};

// ## Whole answers, in every framing

CO_TEST_F(ClientConnectionTest, ReadsEveryFramingHoweverItIsCut) {
  struct Case {
    const char* answer;
    const char* body;
    bool reusable;
  };
  static constexpr Case kCases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", "body", true},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", true},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2;x\r\ndy\r\n0\r\nT: "
       "v\r\n\r\n",
       "body", true},
      {"HTTP/1.1 204 No Content\r\n\r\n", "", true},
      {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody", "body", false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbody", "body", false},
  };
  for (const Case& c : kCases) {
    for (const std::size_t piece : {1U, 7U, 1000U}) {
      Exchange one(*this);
      loop.spawn(one.answer_in_pieces(c.answer, piece));
      EXPECT_EQ(co_await one.body_of_answer(), c.body) << c.answer << " in " << piece;
      EXPECT_EQ(one.connection.reusable(), c.reusable) << c.answer << " in " << piece;
      EXPECT_FALSE((co_await one.connection.read_body({})).value_or(true));
    }
  }
}

CO_TEST_F(ClientConnectionTest, WithoutAFramingTheEndOfTheConnectionIsTheEnd) {
  for (const char* head : {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n"}) {
    Exchange one(*this);
    one.backend.send(std::string(head) + "body");
    one.backend.close();
    EXPECT_EQ(co_await one.body_of_answer(), "body");
    EXPECT_FALSE(one.connection.reusable());
  }
}

CO_TEST_F(ClientConnectionTest, TheHeadStaysRightWhileTheBodyGrows) {
  Exchange one(*this);
  const std::string body(200'000, 'x');
  loop.spawn(one.answer_in_pieces(
      "HTTP/1.1 200 OK\r\nX-Word: kept\r\nContent-Length: 200000\r\n\r\n" + body, 30'000));
  EXPECT_TRUE(co_await one.body_of_answer() == body);
  EXPECT_EQ(one.connection.head().headers.find("x-word"), "kept");
}

CO_TEST_F(ClientConnectionTest, TheHeadStaysRightWhenOnlyTheEndComes) {
  Exchange one(*this);
  std::string answer = "HTTP/1.1 200 OK\r\nX-Word: kept\r\n\r\n";
  answer.resize(io::BufferPool::kSmallest, 'x');  // fills the buffer: the next read must grow it
  one.backend.send(answer);
  EXPECT_TRUE(co_await one.connection.read_head({}));
  while (one.connection.body().size() + 34 < answer.size())
    EXPECT_TRUE((co_await one.connection.read_body({})).value_or(false));
  one.backend.close();
  EXPECT_FALSE((co_await one.connection.read_body({})).value_or(true));
  io::Buffer other(pool);  // gets the block that was grown out of
  EXPECT_TRUE(other.reserve(io::BufferPool::kSmallest));
  std::memset(other.data(), '!', other.capacity());
  EXPECT_EQ(one.connection.head().headers.find("x-word"), "kept");
}

CO_TEST_F(ClientConnectionTest, ConsumingKeepsTheHeadUntilItIsReleased) {
  Exchange one(*this);
  one.backend.send("HTTP/1.1 200 OK\r\nX-Word: kept\r\nContent-Length: 9\r\n\r\none");
  EXPECT_TRUE(co_await one.connection.read_head({}));
  one.connection.consume(2);
  EXPECT_EQ(one.connection.body(), "e");
  EXPECT_EQ(one.connection.head().headers.find("x-word"), "kept");
  one.backend.send("two");
  EXPECT_TRUE(co_await one.connection.read_body({}));
  EXPECT_EQ(one.connection.body(), "etwo");
  one.connection.release_head();
  EXPECT_EQ(one.connection.body(), "etwo");
  EXPECT_TRUE(one.connection.head().headers.empty());
  EXPECT_EQ(one.connection.head().status, 200);
  one.connection.consume(4);
  one.backend.send("end");
  EXPECT_TRUE(co_await one.connection.read_body({}));
  EXPECT_EQ(one.connection.body(), "end");
  EXPECT_TRUE(one.connection.body_complete());
}

CO_TEST_F(ClientConnectionTest, AStreamThatWaitsHoldsNoMemory) {
  Exchange one(*this);
  one.backend.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\none");
  EXPECT_TRUE(co_await one.connection.read_head({}));
  one.connection.release_head();
  one.connection.consume(3);
  const auto waited = co_await one.connection.read_body({.deadline = loop.now() + 20ms});
  EXPECT_EQ(code_of(waited), ErrorCode::upstream_timeout);
  EXPECT_EQ(pool.in_use(), 0U);
  one.backend.send("twoend");
  EXPECT_TRUE(co_await one.connection.read_body({}));
  EXPECT_EQ(one.connection.body(), "twoend");
}

// ## Interim answers

CO_TEST_F(ClientConnectionTest, InterimAnswersArePassedOver) {
  Exchange one(*this);
  std::string answer;
  for (int i = 0; i < 8; ++i)
    answer += "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  one.backend.send(answer + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(co_await one.body_of_answer(), "ok");
  EXPECT_EQ(one.connection.head().status, 200);
  EXPECT_TRUE(one.connection.reusable());
}

CO_TEST_F(ClientConnectionTest, AFloodOfInterimAnswersIsNot) {
  Exchange one(*this);
  for (int i = 0; i < 9; ++i)
    one.backend.send("HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(code_of(co_await one.connection.read_head({})), ErrorCode::upstream_protocol_error);
}

CO_TEST_F(ClientConnectionTest, NobodyAskedForAnotherProtocol) {
  Exchange one(*this);
  one.backend.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
  EXPECT_EQ(code_of(co_await one.connection.read_head({})), ErrorCode::upstream_protocol_error);
}

CO_TEST_F(ClientConnectionTest, AnEndlessHeadIsTooLarge) {
  Exchange one(*this);
  one.backend.send("HTTP/1.1 200 OK\r\n");
  loop.spawn(one.answer_in_pieces(std::string(40'000, 'x'), 40'000));
  const ErrorCode code = code_of(co_await one.connection.read_head({}));
  EXPECT_TRUE(code == ErrorCode::upstream_response_too_large ||
              code == ErrorCode::upstream_protocol_error);
}

// ## Answers that come before the request has gone out

CO_TEST_F(ClientConnectionTest, AnEarlyAnswerStopsTheRequest) {
  Exchange one(*this);
  const std::string answer = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno";
  one.backend.send(answer);
  EXPECT_TRUE(co_await eventually([&] { return one.descriptor().readable(); }));
  const auto sent = co_await one.send(std::string(32'000'000, 'x'));
  EXPECT_FALSE(sent.value_or(true));
  EXPECT_EQ(co_await one.body_of_answer(), "no");
  EXPECT_EQ(one.connection.head().status, 413);
  EXPECT_FALSE(one.connection.reusable());
}

CO_TEST_F(ClientConnectionTest, ABackendThatTakesNoMoreTimesOut) {
  Exchange one(*this);
  const auto sent =
      co_await one.send(std::string(32'000'000, 'x'), {.deadline = loop.now() + 20ms});
  EXPECT_EQ(code_of(sent), ErrorCode::upstream_timeout);
}

// ## Use and re-use

CO_TEST_F(ClientConnectionTest, BytesBehindTheEndMakeItUseless) {
  for (const char* answer :
       {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokEXTRA",
        "HTTP/1.1 204 No Content\r\n\r\nEXTRA",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n!"}) {
    Exchange one(*this);
    one.backend.send(answer);
    const std::string body = co_await one.body_of_answer();
    EXPECT_TRUE(body == "ok" || body.empty()) << answer;
    EXPECT_FALSE(one.connection.reusable()) << answer;
  }
}

CO_TEST_F(ClientConnectionTest, ServesOneExchangeAfterAnother) {
  Exchange one(*this);
  for (const char* answer :
       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"}) {
    for (int i = 0; i < 2; ++i) {
      EXPECT_TRUE((co_await one.send("request")).value_or(false));
      EXPECT_EQ(one.backend.receive(7), "request");
      one.backend.send(answer);
      EXPECT_EQ(co_await one.body_of_answer(), "a");
      CO_ASSERT(one.connection.reusable());
      EXPECT_FALSE(one.connection.stale());
      one.connection.reset();
      EXPECT_EQ(pool.in_use(), 0U);
      EXPECT_FALSE(one.connection.reusable());
    }
  }
}

CO_TEST_F(ClientConnectionTest, AnIdleConnectionIsStaleOnceAnythingComes) {
  Exchange said(*this);
  EXPECT_FALSE(said.connection.stale());
  said.backend.send("HTTP/1.1 408 Request Timeout\r\n");
  EXPECT_TRUE(co_await eventually([&] { return said.descriptor().readable(); }));
  EXPECT_TRUE(said.connection.stale());
  Exchange left(*this);
  left.backend.close();
  EXPECT_TRUE(co_await eventually([&] { return left.descriptor().hung_up(); }));
  EXPECT_TRUE(left.connection.stale());
}

}  // namespace
}  // namespace http
