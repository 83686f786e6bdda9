#include "proxy/backend_error.hpp"

#include "proxy/testing.hpp"

namespace proxy {
namespace {

constexpr std::string_view kBody =
    R"({"error":{"message":"m","type":"t","param":null,"code":"c"}})";

class BackendErrorTest : public testing::ProxyFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  struct Said {
    std::string bytes;  ///< to the client
    base::Result<void> result;

    [[nodiscard]] bool forbids_retry() const {
      return bytes.contains("\r\nx-should-retry: false\r\n");
    }
  };

  io::Task<Said> tell(int status, std::string_view fields = "", std::string_view body = kBody,
                      int attempts = 1, upstream::EndpointPtr from = nullptr) {
    co_await arrive(testing::request("{}", "x-request-id: id\r\n"));
    EXPECT_TRUE(co_await downstream.read_body(100));
    Exchange exchange(worker, downstream, "192.0.2.1");
    exchange.read_head(testing::kChat);
    if (from) exchange.sent_to(*from);
    exchange.attempts = attempts;
    const std::string bytes = "HTTP/1.1 400 x\r\n" + std::string(fields) + "\r\n";
    http::ResponseHead head;
    EXPECT_TRUE(http::ResponseHeadParser().parse(bytes, head));
    head.status = status;
    HeldHead held(exchange, true);
    auto result = co_await tell_backend_error(exchange, held, std::string(body), head);
    downstream.end_request();
    co_return Said{client.received(), std::move(result)};
  }

  io::Task<Said> report(int status) {
    co_await arrive(testing::request("{}", "x-request-id: id\r\n"));
    EXPECT_TRUE(co_await downstream.read_body(100));
    Exchange exchange(worker, downstream, "192.0.2.1");
    exchange.read_head(testing::kChat);
    HeldHead held(exchange, true);
    const llm::BackendError said{.object = "{}", .message = "words", .status = status};
    auto result = co_await tell_reported_error(exchange, held, said);
    downstream.end_request();
    co_return Said{client.received(), std::move(result)};
  }
};

CO_TEST_F(BackendErrorTest, KeepsItsStatusAndBody) {
  EXPECT_EQ(
      (co_await tell(422, "Content-Type: text/html\r\nX-Rate: 1\r\n")).bytes,
      "HTTP/1.1 422 Unprocessable Content\r\nx-request-id: id\r\nX-Rate: 1\r\n"
      "Content-Type: application/json\r\nx-should-retry: false\r\nContent-Length: 60\r\n\r\n" +
          std::string(kBody));
}

CO_TEST_F(BackendErrorTest, RefusedCredentialsAreOurs) {
  for (const int status : {401, 403}) {
    const Said said = co_await tell(status);
    EXPECT_EQ(said.bytes, "");
    CO_ASSERT(!said.result);
    EXPECT_EQ(said.result.error().code, base::ErrorCode::upstream_auth_failed);
    const Said reported = co_await report(status);
    EXPECT_EQ(reported.bytes, "");
    CO_ASSERT(!reported.result);
    EXPECT_EQ(reported.result.error().code, base::ErrorCode::upstream_auth_failed);
    EXPECT_EQ(reported.result.error().cause, "words");
  }
}

CO_TEST_F(BackendErrorTest, RefusedCredentialsOfTheClientAreItsOwn) {
  config::Backend config = upstream::testing::backend_config("b", "http://127.0.0.1:1");
  config.auth.kind = config::Auth::Kind::forward;
  const auto forwarding = std::make_shared<upstream::Endpoint>(std::move(config), 0);
  for (const int status : {401, 403}) {
    const Said said = co_await tell(status, "", kBody, 1, forwarding);
    EXPECT_TRUE(said.result);
    EXPECT_TRUE(said.bytes.starts_with("HTTP/1.1 " + std::to_string(status) + " ")) << said.bytes;
    EXPECT_TRUE(said.bytes.ends_with(kBody)) << said.bytes;
    EXPECT_TRUE(said.forbids_retry());
  }
}

CO_TEST_F(BackendErrorTest, WhatIsNoErrorStatusIs502) {
  for (const int status : {0, 200, 302, 600})
    EXPECT_TRUE((co_await report(status)).bytes.starts_with("HTTP/1.1 502 ")) << status;
  EXPECT_TRUE((co_await report(429)).bytes.starts_with("HTTP/1.1 429 "));
}

CO_TEST_F(BackendErrorTest, RetriesAreForbiddenWhereTheyCannotHelp) {
  for (const int status : {400, 404, 413, 422})
    EXPECT_TRUE((co_await tell(status)).forbids_retry()) << status;
  for (const int status : {408, 409, 429, 500, 503})
    EXPECT_FALSE((co_await tell(status)).forbids_retry()) << status;
  EXPECT_TRUE((co_await tell(500, "", kBody, 2)).forbids_retry());
}

CO_TEST_F(BackendErrorTest, NeverBesideARetryAfter) {
  for (const int status : {429, 503}) {
    const Said said = co_await tell(status, "Retry-After: 7\r\n", kBody, 2);
    EXPECT_FALSE(said.forbids_retry()) << status;
    EXPECT_TRUE(said.bytes.contains("\r\nRetry-After: 7\r\n")) << status;
  }
}

CO_TEST_F(BackendErrorTest, MoneyThatIsGoneDoesNotComeBack) {
  for (const char* body : {R"({"error":{"message":"m","code":"insufficient_quota"}})",
                           R"({"error":{"message":"m","type":"insufficient_quota"}})"}) {
    EXPECT_TRUE((co_await tell(429, "", body)).forbids_retry()) << body;
  }
}

CO_TEST_F(BackendErrorTest, TheBackendsOwnWordStands) {
  EXPECT_TRUE((co_await tell(500, "x-should-retry: false\r\n")).forbids_retry());
  const Said said = co_await tell(400, "x-should-retry: true\r\n");
  EXPECT_FALSE(said.forbids_retry());
  EXPECT_TRUE(said.bytes.contains("\r\nx-should-retry: true\r\n"));
}

CO_TEST_F(BackendErrorTest, InAStreamItIsTheLastEvent) {
  co_await arrive(testing::request("{}", "x-request-id: id\r\n"));
  EXPECT_TRUE(co_await downstream.read_body(100));
  Exchange exchange(worker, downstream, "192.0.2.1");
  exchange.read_head(testing::kChat);
  HeldHead held(exchange, true);
  EXPECT_TRUE(co_await held.act());
  EXPECT_NE(client.received(), "");
  http::ResponseHead head;
  head.status = 500;
  EXPECT_TRUE(co_await tell_backend_error(exchange, held, "{\"error\":\n{}\r\n}", head));
  EXPECT_EQ(client.received(),
            testing::chunk("data: {\"error\":{}}\n\ndata: [DONE]\n\n") + "0\r\n\r\n");
  EXPECT_FALSE(exchange.close);  // the body has ended properly
}

}  // namespace
}  // namespace proxy
