#include "admin/pages.hpp"

#include <gmock/gmock.h>

#include "admin/connection.hpp"
#include "upstream/testing.hpp"

namespace admin {
namespace {

using namespace std::chrono_literals;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class PagesTest : public upstream::testing::ConnectorFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  PagesTest() { all.push_back(&metrics); }

  void discover(std::vector<upstream::EndpointPtr> endpoints) {
    discovery = std::make_unique<upstream::Discovery>(
        loop, log, connector, std::move(endpoints), 300s, 1,
        [this](upstream::RoutingTablePtr table) { facts.ready = !table->clusters.empty(); });
    sources = std::make_unique<Sources>(Sources{*discovery, all, [this] { return facts; }});
    discovery->start();
  }
  Page page(std::string_view path) const {
    return page_for(path, *sources, loop.now(), base::WallClock::time_point(1'700'000'000s));
  }
  /// The bytes of an answer over a connection.
  io::Task<std::string> ask(std::string request) {
    io::testing::TcpPair pair;
    loop.spawn(serve_connection(*sources, buffers, settings, random,
                                std::make_unique<io::Stream>(loop, pair.ours)));
    pair.peer.send(request);
    std::string said;
    co_await eventually([&] { return !(said += pair.peer.received()).empty(); });
    co_return said;
  }

  base::Random random{1};
  base::Log log{{.level = base::LogLevel::off}};
  std::vector<const metrics::WorkerMetrics*> all;
  metrics::RouterFacts facts{.version = "1"};
  std::unique_ptr<upstream::Discovery> discovery;
  std::unique_ptr<Sources> sources;
  http::ServerSettings settings;
};

CO_TEST_F(PagesTest, HealthAndReadiness) {
  discover({});
  EXPECT_EQ(page("/healthz").status, 200);
  EXPECT_EQ(page("/healthz").body, "OK");
  EXPECT_EQ(page("/readyz").status, 503);
  facts.ready = true;
  EXPECT_EQ(page("/readyz").status, 200);
  facts.draining = true;
  EXPECT_EQ(page("/readyz").status, 503);
  EXPECT_EQ(page("/healthz").status, 200);
  EXPECT_EQ(page("/nothing").status, 404);
  EXPECT_THAT(page("/nothing").body, HasSubstr("\"code\":\"not_found\""));
  co_return;
}

CO_TEST_F(PagesTest, EndpointsShowStateModelsAndTheLastError) {
  upstream::testing::Backend good(
      loop, [](auto&, auto) { return upstream::testing::model_list({"a", "b\\\"c"}); });
  upstream::testing::Backend bad(
      loop, [](auto&, auto) { return upstream::testing::answer("", "500 Oops"); });
  config::Backend config = upstream::testing::backend_config("bad", bad.url());
  config.auth = {config::Auth::Kind::bearer, "Authorization", config::Secret("Bearer CANARY-1")};
  const auto one = upstream::testing::endpoint("good", good.url(), 0);
  discover({one, std::make_shared<upstream::Endpoint>(config, 1)});
  EXPECT_THAT(page("/router/endpoints").body, HasSubstr(R"("state":"pending")"));
  EXPECT_TRUE(
      co_await eventually([&] { return discovery->status()[1].failures > 0 && facts.ready; }));
  const upstream::InFlight request(*one);
  const Page shown = page_for("/router/endpoints", *sources, discovery->status()[0].last_good + 5s,
                              base::WallClock::time_point(1'700'000'000s));
  EXPECT_EQ(shown.status, 200);
  EXPECT_EQ(shown.content_type, "application/json");
  EXPECT_EQ(shown.body,
            R"({"endpoints":[{"name":"good","state":"up","kind":"openai","version":null,)"
            R"("models":["a","b\"c"],"model_details":[],)"
            R"("last_refresh":"2023-11-14T22:13:15.000Z","last_error":null,"in_flight":1},)"
            R"({"name":"bad","state":"down","kind":"openai","version":null,"models":[],)"
            R"("model_details":[],"last_refresh":null,)"
            R"("last_error":"GET /v1/models: status 500","in_flight":0}]})"
            "\n");
}

CO_TEST_F(PagesTest, EndpointsShowWhatABackendIsAndTellsOfItsModels) {
  upstream::testing::Backend vllm(loop, [](const http::RequestHead& head, auto) {
    if (head.target == "/version") return upstream::testing::answer(R"({"version":"0.11.0"})");
    if (head.target == "/is_sleeping") {
      return upstream::testing::answer(R"({"is_sleeping":false})");
    }
    if (head.target != "/v1/models") return upstream::testing::answer("{}", "404 Not Found");
    return upstream::testing::answer(
        R"({"data":[{"id":"a","owned_by":"vllm","max_model_len":4096}]})");
  });
  config::Backend config = upstream::testing::backend_config("gpu", vllm.url());
  config.kind.reset();
  discover({std::make_shared<upstream::Endpoint>(config, 0)});
  EXPECT_THAT(page("/router/endpoints").body, HasSubstr(R"("kind":null,"version":null)"));
  EXPECT_TRUE(co_await eventually([&] { return discovery->status()[0].kind.has_value(); }));
  EXPECT_THAT(page("/router/endpoints").body,
              HasSubstr(R"("kind":"vllm","version":"0.11.0","models":["a"],"model_details":)"
                        R"([{"id":"a","context_length":4096,"state":"loaded"}])"));
}

CO_TEST_F(PagesTest, MetricsShowDiscovery) {
  upstream::testing::Backend good(loop,
                                  [](auto&, auto) { return upstream::testing::model_list({"a"}); });
  discover({upstream::testing::endpoint("good", good.url(), 0)});
  EXPECT_TRUE(co_await eventually([&] { return facts.ready; }));
  const Page shown = page("/metrics");
  EXPECT_EQ(shown.status, 200);
  EXPECT_EQ(shown.content_type, metrics::kExpositionContentType);
  EXPECT_THAT(shown.body, HasSubstr("backend=\"good\""));
}

CO_TEST_F(PagesTest, AreServedOverHttp) {
  discover({});
  EXPECT_THAT(co_await ask("GET /healthz HTTP/1.1\r\nHost: h\r\nx-request-id: mine\r\n\r\n"),
              StartsWith("HTTP/1.1 200 OK\r\nx-request-id: mine\r\n"
                         "Content-Type: text/plain; charset=utf-8\r\n"
                         "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                         "Content-Length: 2\r\n\r\nOK"));
  EXPECT_THAT(co_await ask("HEAD /healthz HTTP/1.1\r\nHost: h\r\n\r\n"),
              Not(HasSubstr("OK\r\n\r\nOK")));
  const std::string refused = co_await ask("POST /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(refused, ContainsRegex("\r\nx-request-id: [0-9a-f]{32}\r\n"));
  EXPECT_THAT(refused, HasSubstr("\r\nAllow: GET, HEAD\r\n"));
  const std::string bad = co_await ask("GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(bad, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(bad, ContainsRegex("\r\nx-request-id: [0-9a-f]{32}\r\n"));
  EXPECT_THAT(bad, HasSubstr("\r\nConnection: close\r\n"));
}

}  // namespace
}  // namespace admin
