#include "proxy/request_head.hpp"

#include "proxy/testing.hpp"

namespace proxy {
namespace {

class RequestHeadTest : public testing::ProxyFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  /// The head that the backend gets for a request with these fields.
  io::Task<std::string> head_for(const upstream::Endpoint& endpoint, std::string_view fields,
                                 std::string_view target = testing::kChat) {
    co_await arrive(testing::request("{}", fields, target));
    Exchange exchange(worker, downstream, "192.0.2.1");
    const std::string path(target.substr(0, target.find('?')));
    exchange.read_head(path);
    exchange.operation = llm::find_operation(path);
    std::string head = upstream_head(exchange, endpoint, 1234);
    co_await downstream.read_body(100);
    EXPECT_TRUE(downstream.end_request());
    co_return head;
  }

  static config::Backend backend() {
    return upstream::testing::backend_config("b", "http://host:8000");
  }
};

CO_TEST_F(RequestHeadTest, IsBuiltAnew) {
  const upstream::Endpoint endpoint(backend(), 0);
  EXPECT_EQ(co_await head_for(endpoint,
                              "x-request-id: id-1\r\nUser-Agent: sdk\r\nAccept: */*\r\n"
                              "Accept-Encoding: gzip\r\nAuthorization: Bearer client\r\n"
                              "x-api-key: client\r\nCookie: c=1\r\nConnection: X-Hop\r\n"
                              "X-Hop: 1\r\nX-Forwarded-For: 1.2.3.4\r\nTE: trailers\r\n"
                              "x-router-anything: 1\r\nX-Custom: kept\r\n"),
            "POST /v1/chat/completions HTTP/1.1\r\n"
            "Host: host:8000\r\n"
            "Accept-Encoding: identity\r\n"
            "Content-Type: application/json\r\n"
            "User-Agent: sdk\r\n"
            "Accept: */*\r\n"
            "X-Custom: kept\r\n"
            "x-request-id: id-1\r\n"
            "x-router-hop: 1\r\n"
            "Content-Length: 1234\r\n\r\n");
}

CO_TEST_F(RequestHeadTest, TheBackendsOwnFieldsReplaceTheClients) {
  config::Backend with = backend();
  with.auth = {config::Auth::Kind::bearer, "Authorization", config::Secret("Bearer ours")};
  with.headers.emplace_back("X-Team", config::Secret("red"));
  const upstream::Endpoint endpoint(std::move(with), 0);
  EXPECT_EQ(co_await head_for(endpoint, "x-request-id: id\r\nx-team: blue\r\nauthorization: x\r\n"),
            "POST /v1/chat/completions HTTP/1.1\r\n"
            "Host: host:8000\r\nAccept-Encoding: identity\r\n"
            "Authorization: Bearer ours\r\nX-Team: red\r\n"
            "Content-Type: application/json\r\n"
            "x-request-id: id\r\nx-router-hop: 1\r\nContent-Length: 1234\r\n\r\n");
}

CO_TEST_F(RequestHeadTest, CredentialsTravelOnlyWhereTheyAreForwarded) {
  config::Backend with = backend();
  with.auth.kind = config::Auth::Kind::forward;
  const upstream::Endpoint endpoint(std::move(with), 0);
  const std::string head =
      co_await head_for(endpoint, "Authorization: Bearer client\r\nx-api-key: client\r\n");
  EXPECT_TRUE(head.contains("\r\nAuthorization: Bearer client\r\n"));
  EXPECT_TRUE(head.contains("\r\nx-api-key: client\r\n"));
}

CO_TEST_F(RequestHeadTest, GoesBelowTheBackendsPathWithTheQuery) {
  upstream::Endpoint endpoint(upstream::testing::backend_config("b", "http://host/api"), 0);
  endpoint.choose_base(1);
  EXPECT_TRUE((co_await head_for(endpoint, "", "/v1/embeddings?api-version=1&x"))
                  .starts_with("POST /api/v1/embeddings?api-version=1&x HTTP/1.1\r\n"));
  EXPECT_TRUE((co_await head_for(endpoint, "", "/tokenize"))
                  .starts_with("POST /api/tokenize HTTP/1.1\r\n"));
}

CO_TEST_F(RequestHeadTest, AnthropicsVersionIsSaidForClientsThatDoNot) {
  const upstream::Endpoint plain(backend(), 0);
  constexpr std::string_view kMessages = "/v1/messages";
  const std::string added =
      co_await head_for(plain, "anthropic-beta: a,b\r\nx-api-key: client\r\n", kMessages);
  EXPECT_TRUE(added.contains("\r\nanthropic-beta: a,b\r\n"));
  EXPECT_TRUE(added.contains("\r\nanthropic-version: 2023-06-01\r\n"));
  EXPECT_FALSE(added.contains("x-api-key"));
  const std::string own = co_await head_for(plain, "Anthropic-Version: 2099-01-01\r\n", kMessages);
  EXPECT_TRUE(own.contains("\r\nAnthropic-Version: 2099-01-01\r\n"));
  EXPECT_FALSE(own.contains("2023-06-01"));
  EXPECT_FALSE((co_await head_for(plain, "")).contains("anthropic-version"));

  config::Backend with = backend();
  with.headers.emplace_back("Anthropic-Version", config::Secret("2000-01-01"));
  const upstream::Endpoint configured(std::move(with), 0);
  const std::string theirs = co_await head_for(configured, "", kMessages);
  EXPECT_TRUE(theirs.contains("\r\nAnthropic-Version: 2000-01-01\r\n"));
  EXPECT_FALSE(theirs.contains("2023-06-01"));
}

CO_TEST_F(RequestHeadTest, CountsTheRoutersOnItsWay) {
  const upstream::Endpoint endpoint(backend(), 0);
  EXPECT_TRUE((co_await head_for(endpoint, "x-router-hop: 2\r\n")).contains("x-router-hop: 3\r\n"));
  struct Case {
    const char* field;
    int hops;
  };
  static constexpr Case kCases[] = {
      {"", 0},
      {"x-router-hop: 0\r\n", 0},
      {"X-Router-Hop: 3\r\n", 3},
      {"x-router-hop: 9\r\n", 9},
      {"x-router-hop: 10\r\n", kMaxHops},
      {"x-router-hop: -1\r\n", kMaxHops},
      {"x-router-hop:\r\n", kMaxHops},
      {"x-router-hop: x\r\n", kMaxHops},
      {"x-router-other: 7\r\n", 0},
  };
  for (const Case& c : kCases) {
    co_await arrive(testing::request("", c.field));
    EXPECT_EQ(hops(downstream.head()), c.hops) << c.field;
    downstream.end_request();
  }
}

}  // namespace
}  // namespace proxy
