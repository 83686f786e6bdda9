#include "proxy/exchange.hpp"

#include <gmock/gmock.h>

#include "proxy/testing.hpp"

namespace proxy {
namespace {

using ::testing::HasSubstr;
using testing::request;

class ExchangeTest : public testing::ProxyFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  /// The client that is logged for a peer and its request's fields.
  io::Task<std::string> logged_client(std::string_view peer, std::string_view fields) {
    co_await arrive(request("{}", fields));
    {
      Exchange exchange(worker, downstream, peer);
      exchange.read_head(testing::kChat);
      co_await downstream.read_body(100);
      EXPECT_TRUE(downstream.end_request());
    }
    const std::string lines = access_lines();
    const std::size_t at = lines.rfind("\"client\":\"") + 10;
    co_return lines.substr(at, lines.find('"', at) - at);
  }
};

TEST(SaneRequestId, IsShortAndHarmless) {
  for (const char* id : {"a", "req-1_2.3:4+5=6/7@8~9", "0123456789abcdefABCDEF"})
    EXPECT_EQ(sane_request_id(id), id);
  EXPECT_TRUE(sane_request_id(std::string(128, 'x')));
  for (const std::string& id :
       {std::string(), std::string(129, 'x'), std::string("a b"), std::string("a\"b"),
        std::string("a\\b"), std::string("a\tb"), std::string("<x>"), std::string("\xc3\xa4"),
        std::string("a\0b", 3), std::string("a,b"), std::string("{}"), std::string("a\x1b[31m")}) {
    EXPECT_FALSE(sane_request_id(id)) << id;
  }
}

TEST(ClientAddress, IsTheLastThatIsNotTrusted) {
  const std::vector<config::Cidr> trusted = {*config::parse_cidr("10.0.0.0/8"),
                                             *config::parse_cidr("fd00::/8")};
  struct Case {
    const char* peer;
    const char* forwarded;
    const char* client;
  };
  static constexpr Case kCases[] = {
      {"192.0.2.1", "198.51.100.1", "192.0.2.1"},  // nobody we know: what it says is worth nothing
      {"10.0.0.1", "198.51.100.1", "198.51.100.1"},
      {"10.0.0.1", " 203.0.113.9 ,\t198.51.100.1 ", "198.51.100.1"},
      {"10.0.0.1", "203.0.113.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"},
      {"10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"},
      {"fd00::1", "2001:db8::1", "2001:db8::1"},
      {"10.0.0.1", "", "10.0.0.1"},
      {"10.0.0.1", "unknown", "10.0.0.1"},
      {"10.0.0.1", "198.51.100.1, junk, 10.0.0.2", "10.0.0.2"},
      {"10.0.0.1", "198.51.100.1,", "10.0.0.1"},
  };
  for (const Case& c : kCases)
    EXPECT_EQ(client_address(c.peer, c.forwarded, trusted), c.client) << c.forwarded;
  EXPECT_EQ(client_address("10.0.0.1", "198.51.100.1", {}), "10.0.0.1");
}

CO_TEST_F(ExchangeTest, TheClientIsFoundBehindTrustedProxiesOnly) {
  constexpr std::string_view kForwarded = "X-Forwarded-For: 198.51.100.1\r\n";
  EXPECT_EQ(co_await logged_client("10.0.0.1", kForwarded), "10.0.0.1");
  config.trusted_proxies = {*config::parse_cidr("10.0.0.0/8")};
  EXPECT_EQ(co_await logged_client("10.0.0.1", kForwarded), "198.51.100.1");
  EXPECT_EQ(co_await logged_client("192.0.2.1", kForwarded), "192.0.2.1");
}

// A proxy may add a line of its own behind the one that the client has made up (HAProxy does).
CO_TEST_F(ExchangeTest, SeveralForwardedForLinesAreOneList) {
  config.trusted_proxies = {*config::parse_cidr("10.0.0.0/8")};
  EXPECT_EQ(co_await logged_client("10.0.0.1",
                                   "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 198.51.100.1\r\n"),
            "198.51.100.1");
}

CO_TEST_F(ExchangeTest, TheClientsIdIsKeptIfItIsSane) {
  co_await arrive(request("{}", "x-request-id: my-id\r\n"));
  Exchange kept(worker, downstream, "192.0.2.1");
  kept.read_head("/");
  EXPECT_EQ(kept.id, "my-id");
  co_await downstream.read_body(100);
  downstream.end_request();
  co_await arrive(request("{}", "x-request-id: not sane\r\n"));
  Exchange made(worker, downstream, "192.0.2.1");
  made.read_head("/");
  EXPECT_EQ(made.id.size(), 32U);
  Exchange other(worker, downstream, "192.0.2.1");
  other.headless();
  EXPECT_EQ(other.id.size(), 32U);
  EXPECT_NE(made.id, other.id);
}

CO_TEST_F(ExchangeTest, SettlesOnceWhateverHappened) {
  const auto endpoint = this->endpoint("b", "http://127.0.0.1:1");
  route({endpoint});
  co_await arrive(request("{}"));
  {
    Exchange exchange(worker, downstream, "192.0.2.1");
    exchange.read_head(testing::kChat);
    exchange.routed_to(*worker.table->find("m"));
    exchange.sent_to(*endpoint);
    exchange.sent_to(*endpoint);  // a second attempt doesn't count twice
    EXPECT_EQ(endpoint->in_flight, 1);
    EXPECT_EQ(metrics.cells("m", "b").in_flight.value(), 1);
    exchange.failed_with(
        base::fail_upstream(base::ErrorCode::upstream_timeout, "slow", "cause").error());
    exchange.status = 504;
  }
  EXPECT_EQ(endpoint->in_flight, 0);
  const metrics::RequestCells& cells = metrics.cells("m", "b");
  EXPECT_EQ(cells.in_flight.value(), 0);
  EXPECT_EQ(cells.errors.value(base::ErrorCode::upstream_timeout), 1U);
  const std::string lines = access_lines();
  EXPECT_THAT(lines, HasSubstr("\"model\":\"m\",\"backend\":\"b\",\"status\":504"));
  EXPECT_THAT(lines, HasSubstr("\"error_code\":\"upstream_timeout\""));
  EXPECT_EQ(std::ranges::count(lines, '\n'), 1);
}

CO_TEST_F(ExchangeTest, IsNeverLoggedWithoutAStatus) {
  const auto serve = [this](bool memory_ends) {
    Exchange exchange(worker, downstream, "192.0.2.1");
    exchange.read_head(testing::kChat);
    if (memory_ends) throw std::bad_alloc();
  };
  co_await arrive("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  serve(false);
  EXPECT_THROW(serve(true), std::bad_alloc);
  std::vector<int> counted;
  metrics.unrouted().statuses.for_each([&](int status, auto) { counted.push_back(status); });
  EXPECT_THAT(counted, ::testing::ElementsAre(499, 500));
  const std::string lines = access_lines();
  EXPECT_THAT(lines, HasSubstr("\"status\":499"));
  EXPECT_THAT(lines, HasSubstr("\"error_code\":\"client_closed\""));
  EXPECT_THAT(lines, HasSubstr("\"status\":500"));
  EXPECT_THAT(lines, HasSubstr("\"error_code\":\"internal_error\""));
}

CO_TEST_F(ExchangeTest, AClientThatHasGoneIs499) {
  co_await arrive(request("{}"));
  {
    Exchange exchange(worker, downstream, "192.0.2.1");
    exchange.read_head(testing::kChat);
    client.reset();
    co_await eventually([&] { return downstream.descriptor().hung_up(); });
    std::string text = "late";
    iovec slice{text.data(), text.size()};
    EXPECT_FALSE(co_await exchange.write(std::span(&slice, 1), 4));
    EXPECT_TRUE(exchange.close);
  }
  EXPECT_THAT(access_lines(), HasSubstr("\"status\":499,\"bytes_in\":0,\"bytes_out\":0"));
}

}  // namespace
}  // namespace proxy
