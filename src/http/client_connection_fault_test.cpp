#include "http/client_connection.hpp"
#include "http/client_connection_fixture.hpp"

// How an exchange can fail, and what is known then.

namespace http {
namespace {

using namespace std::chrono_literals;
using base::ErrorCode;

class ClientConnectionFaultTest : public ClientConnectionFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  /// The error of an answer that ends after these bytes.
  io::Task<ErrorCode> error_of_cut(std::string_view answer, bool by_reset) {
    Exchange one(*this);
    one.backend.send(answer);
    co_await eventually([&] { return answer.empty() || one.descriptor().readable(); });
    if (by_reset) {
      one.backend.reset();
    } else {
      one.backend.close();
    }
    const auto head = co_await one.connection.read_head({});
    if (!head) co_return code_of(head);
    for (;;) {
      const auto more = co_await one.connection.read_body({});
      if (!more) co_return code_of(more);
      if (!*more) co_return ErrorCode::internal_error;
    }
  }
};

CO_TEST_F(ClientConnectionFaultTest, ACutIsNamedByWhereItIs) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";
  for (const bool by_reset : {false, true}) {
    EXPECT_EQ(co_await error_of_cut("", by_reset), ErrorCode::upstream_connection_closed);
  }
  EXPECT_EQ(co_await error_of_cut("HTTP/1.1 20", false), ErrorCode::upstream_connection_closed);
  EXPECT_EQ(co_await error_of_cut(head, false), ErrorCode::upstream_incomplete);
  EXPECT_EQ(co_await error_of_cut(head + "bod", false), ErrorCode::upstream_incomplete);
  EXPECT_EQ(co_await error_of_cut(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n", false),
            ErrorCode::upstream_incomplete);
}

CO_TEST_F(ClientConnectionFaultTest, AResetWithinTheBodyIsACut) {
  Exchange one(*this);
  one.backend.send("HTTP/1.1 200 OK\r\n\r\nno framing: a clean end would be good");
  EXPECT_TRUE(co_await one.connection.read_head({}));
  one.backend.reset();
  base::Result<bool> more = true;
  while (more && *more)
    more = co_await one.connection.read_body({});
  EXPECT_EQ(code_of(more), ErrorCode::upstream_incomplete);
}

CO_TEST_F(ClientConnectionFaultTest, JunkIsAProtocolError) {
  EXPECT_EQ(co_await error_of_cut("SSH-2.0-OpenSSH_9.2\r\n", false),
            ErrorCode::upstream_protocol_error);
  EXPECT_EQ(
      co_await error_of_cut("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", false),
      ErrorCode::upstream_protocol_error);
}

CO_TEST_F(ClientConnectionFaultTest, AfterATimeoutOneMayWaitAgain) {
  Exchange one(*this);
  one.backend.send("HTTP/1.1 200 OK\r\nContent-");
  EXPECT_EQ(code_of(co_await one.connection.read_head({.deadline = loop.now() + 20ms})),
            ErrorCode::upstream_timeout);
  one.backend.send("Length: 4\r\n\r\nbo");
  EXPECT_TRUE(co_await one.connection.read_head({}));
  EXPECT_EQ(code_of(co_await one.connection.read_body({.deadline = loop.now() + 20ms})),
            ErrorCode::upstream_timeout);
  one.backend.send("dy");
  EXPECT_TRUE((co_await one.connection.read_body({})).value_or(false));
  EXPECT_EQ(one.connection.body(), "body");
  EXPECT_TRUE(one.connection.reusable());
}

CO_TEST_F(ClientConnectionFaultTest, EverythingEndsWhenTheClientLeaves) {
  io::testing::TcpPair client;
  io::Descriptor watched(loop, client.ours);
  client.peer.close();
  const io::Guard guard{.watched = &watched};
  Exchange sending(*this);
  EXPECT_EQ(code_of(co_await sending.send(std::string(32'000'000, 'x'), guard)),
            ErrorCode::client_closed);
  Exchange waiting(*this);
  EXPECT_EQ(code_of(co_await waiting.connection.read_head(guard)), ErrorCode::client_closed);
  Exchange reading(*this);
  reading.backend.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
  EXPECT_TRUE(co_await reading.connection.read_head({}));
  EXPECT_EQ(code_of(co_await reading.connection.read_body(guard)), ErrorCode::client_closed);
}

CO_TEST_F(ClientConnectionFaultTest, NoMemoryIsTheRoutersFault) {
  Exchange one(*this);
  EXPECT_TRUE(budget.take(budget.limit()));
  one.backend.send("HTTP/1.1 200 OK\r\n");
  const auto head = co_await one.connection.read_head({});
  EXPECT_EQ(code_of(head), ErrorCode::router_overloaded);
  EXPECT_EQ(head.error().source, base::ErrorSource::internal);
  budget.give_back(budget.limit());
}

// ## May the request be sent again?

CO_TEST_F(ClientConnectionFaultTest, ARequestToWhoHadClosedIsUnseen) {
  Exchange one(*this);
  one.backend.close();
  EXPECT_TRUE(co_await one.send("request"));
  EXPECT_EQ(code_of(co_await one.connection.read_head({})), ErrorCode::upstream_connection_closed);
  EXPECT_TRUE(one.connection.provably_unseen());
}

CO_TEST_F(ClientConnectionFaultTest, ARequestThatWasReadIsNotUnseen) {
  for (const bool by_reset : {false, true}) {
    Exchange one(*this);
    EXPECT_TRUE(co_await one.send("request"));
    EXPECT_EQ(one.backend.receive(7), "request");
    if (by_reset) {
      one.backend.reset();
    } else {
      one.backend.close();
    }
    EXPECT_EQ(code_of(co_await one.connection.read_head({})),
              ErrorCode::upstream_connection_closed);
    EXPECT_FALSE(one.connection.provably_unseen()) << (by_reset ? "reset" : "closed");
  }
}

CO_TEST_F(ClientConnectionFaultTest, ASecondRequestIsJudgedByItself) {
  Exchange one(*this);
  EXPECT_TRUE(co_await one.send("request"));
  EXPECT_EQ(one.backend.receive(7), "request");
  one.backend.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(co_await one.body_of_answer(), "");
  one.connection.reset();
  one.backend.close();
  EXPECT_TRUE(co_await one.send("request"));
  EXPECT_EQ(code_of(co_await one.connection.read_head({})), ErrorCode::upstream_connection_closed);
  EXPECT_TRUE(one.connection.provably_unseen());
}

CO_TEST_F(ClientConnectionFaultTest, HalfAnAnswerProvesThatItWasSeen) {
  Exchange one(*this);
  EXPECT_TRUE(co_await one.send("request"));
  one.backend.send("HTTP/1.1 2");
  one.backend.close();
  EXPECT_EQ(code_of(co_await one.connection.read_head({})), ErrorCode::upstream_connection_closed);
  EXPECT_FALSE(one.connection.provably_unseen());
}

}  // namespace
}  // namespace http
