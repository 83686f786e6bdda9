#include "proxy/answer.hpp"

#include "proxy/testing.hpp"

namespace proxy {
namespace {

using base::ErrorCode;

class AnswerTest : public testing::ProxyFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  /// What the client gets for an error, its request's body having been read.
  io::Task<std::string> told(base::Error error, int attempts = 1) {
    co_await arrive(testing::request("{}", "x-request-id: id\r\n"));
    EXPECT_TRUE(co_await downstream.read_body(100));
    Exchange exchange(worker, downstream, "192.0.2.1");
    exchange.read_head(testing::kChat);
    exchange.attempts = attempts;
    co_await answer_error(exchange, std::move(error));
    downstream.end_request();
    co_return client.received();
  }

  /// What the client gets of a backend's answer with these fields.
  io::Task<std::string> passed(std::string_view fields, std::string_view ours) {
    co_await arrive(testing::request("{}", "x-request-id: id\r\n"));
    EXPECT_TRUE(co_await downstream.read_body(100));
    Exchange exchange(worker, downstream, "192.0.2.1");
    exchange.read_head(testing::kChat);
    const std::string bytes = "HTTP/1.1 500 Oops\r\n" + std::string(fields) + "\r\n";
    http::ResponseHead head;
    EXPECT_TRUE(http::ResponseHeadParser().parse(bytes, head).value_or(false));
    co_await pass_answer(exchange, 500, &head, "{}", ours);
    downstream.end_request();
    co_return client.received();
  }
};

TEST(Reason, NamesTheStatus) {
  EXPECT_EQ(reason(200), "OK");
  EXPECT_EQ(reason(503), "Service Unavailable");
  EXPECT_EQ(reason(299), "");
}

CO_TEST_F(AnswerTest, IsWhole) {
  co_await arrive(testing::request("{}", "x-request-id: id\r\n"));
  EXPECT_TRUE(co_await downstream.read_body(100));
  Exchange exchange(worker, downstream, "192.0.2.1");
  exchange.read_head("/");
  EXPECT_TRUE(co_await answer(
      exchange,
      {.status = 200, .content_type = "text/plain", .body = "hi", .headers = "A: b\r\n"}));
  EXPECT_EQ(client.received(),
            "HTTP/1.1 200 OK\r\nx-request-id: id\r\nContent-Type: text/plain\r\nA: b\r\n"
            "Content-Length: 2\r\n\r\nhi");
  EXPECT_EQ(exchange.status, 200);
}

CO_TEST_F(AnswerTest, OfHeadHasNoBody) {
  co_await arrive("HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nx-request-id: id\r\n\r\n");
  Exchange exchange(worker, downstream, "192.0.2.1");
  exchange.read_head("/");
  EXPECT_TRUE(co_await answer(exchange, {.body = "hidden"}));
  EXPECT_EQ(client.received(),
            "HTTP/1.1 200 OK\r\nx-request-id: id\r\nConnection: close\r\n"
            "Content-Type: application/json\r\nContent-Length: 6\r\n\r\n");
}

CO_TEST_F(AnswerTest, WhileDrainingItIsTheLast) {
  worker.draining = true;
  EXPECT_TRUE((co_await told(base::fail(ErrorCode::not_found, "no").error()))
                  .contains("\r\nConnection: close\r\n"));
}

// The client must not use the connection again: it is closed behind the answer.
CO_TEST_F(AnswerTest, ABodyLeftUnreadIsTheLast) {
  co_await arrive(testing::request("{}"));
  Exchange exchange(worker, downstream, "192.0.2.1");
  exchange.read_head(testing::kChat);
  co_await answer_error(exchange, base::fail(ErrorCode::invalid_api_key, "no").error());
  EXPECT_TRUE(client.received().contains("\r\nConnection: close\r\n"));
}

CO_TEST_F(AnswerTest, ErrorsHaveOneForm) {
  EXPECT_EQ(co_await told(base::fail(ErrorCode::missing_model, "What model?", "model").error()),
            "HTTP/1.1 400 Bad Request\r\nx-request-id: id\r\nContent-Type: application/json\r\n"
            "x-should-retry: false\r\nContent-Length: 105\r\n\r\n"
            R"({"error":{"message":"What model?","type":"invalid_request_error","param":"model",)"
            R"("code":"missing_model"}})");
}

CO_TEST_F(AnswerTest, WhatPassesSoonInvitesAnotherTry) {
  for (const ErrorCode code :
       {ErrorCode::models_loading, ErrorCode::router_overloaded, ErrorCode::router_draining}) {
    const std::string said = co_await told(base::fail_internal(code, "soon").error(), 2);
    EXPECT_TRUE(said.starts_with("HTTP/1.1 503 "));
    EXPECT_TRUE(said.contains("\r\nRetry-After: 1\r\n"));
    EXPECT_FALSE(said.contains("x-should-retry"));
  }
}

CO_TEST_F(AnswerTest, TheRoutersOwnTriesEndTheSdks) {
  const auto error = base::fail_upstream(ErrorCode::upstream_unreachable, "no", "cause").error();
  EXPECT_FALSE((co_await told(error, 1)).contains("x-should-retry"));
  const std::string second = co_await told(error, 2);
  EXPECT_TRUE(second.contains("\r\nx-should-retry: false\r\n"));
  EXPECT_FALSE(second.contains("cause"));
}

CO_TEST_F(AnswerTest, WhoHasGoneIsToldNothing) {
  EXPECT_EQ(co_await told(base::fail(ErrorCode::client_closed, "gone").error()), "");
}

CO_TEST_F(AnswerTest, ABackendsFieldsTravelUnlessTheyAreOurs) {
  EXPECT_EQ(co_await passed("Content-Type: text/x\r\nX-Rate: 1\r\nServer: s\r\nSet-Cookie: c\r\n"
                            "Via: v\r\nx-request-id: theirs\r\nContent-Length: 99\r\n",
                            ""),
            "HTTP/1.1 500 Internal Server Error\r\nx-request-id: id\r\nContent-Type: text/x\r\n"
            "X-Rate: 1\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_EQ(
      co_await passed("Content-Type: text/html\r\nX-Should-Retry: true\r\nX-Rate: 1\r\n",
                      "Content-Type: application/json\r\nx-should-retry: false\r\n"),
      "HTTP/1.1 500 Internal Server Error\r\nx-request-id: id\r\nX-Rate: 1\r\n"
      "Content-Type: application/json\r\nx-should-retry: false\r\nContent-Length: 2\r\n\r\n{}");
}

CO_TEST_F(AnswerTest, ABackendsWordOnRetryingStaysIfWeHaveNone) {
  EXPECT_TRUE((co_await passed("x-should-retry: false\r\n", "Content-Type: application/json\r\n"))
                  .contains("\r\nx-should-retry: false\r\n"));
}

CO_TEST_F(AnswerTest, ABodyOfOursHasNoCodingOfTheirs) {
  EXPECT_FALSE((co_await passed("Content-Encoding: gzip\r\n", "Content-Type: application/json\r\n"))
                   .contains("gzip"));
}

}  // namespace
}  // namespace proxy
