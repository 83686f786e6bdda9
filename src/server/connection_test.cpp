#include "server/connection.hpp"

#include <gmock/gmock.h>

#include "proxy/testing.hpp"

// One client's connection, from its first request to its end, through dispatch.

namespace server {
namespace {

using namespace std::chrono_literals;
using proxy::testing::body_of;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ConnectionTest : public proxy::testing::ProxyFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  /// A new connection; `client` is its other end.
  void connect() {
    io::testing::TcpPair fresh;
    client = std::move(fresh.peer);
    loop.spawn(serve_connection(worker, connections, settings,
                                std::make_unique<io::Stream>(loop, fresh.ours), "192.0.2.1"));
  }

  /// One answer, on a connection of its own.
  io::Task<std::string> answer(std::string request) {
    connect();
    client.send(request);
    std::string all;
    co_await eventually([&] {
      all += client.received();
      const std::size_t head = all.find("\r\n\r\n");
      if (head == std::string::npos) return client.state() == 0;
      const std::size_t at = all.find("Content-Length: ") + 16;
      return request.starts_with("HEAD") || all.size() - head - 4 >= std::stoul(all.substr(at));
    });
    co_return all;
  }
  io::Task<std::string> get(std::string_view target, std::string_view fields = "") {
    co_return co_await answer("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n" +
                              std::string(fields) + "\r\n");
  }

  static std::string status_of(std::string_view said) { return std::string(said.substr(9, 3)); }

  Connections connections;
};

CO_TEST_F(ConnectionTest, AnswersForItself) {
  EXPECT_THAT(body_of(co_await get("/")), HasSubstr("\"name\":\"llm-router\""));
  EXPECT_EQ(body_of(co_await get("/healthz")), "OK");
  EXPECT_EQ(body_of(co_await get("/healthz?x=y")), "OK");
  const std::string head = co_await answer("HEAD /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Length: 2\r\n"));
  EXPECT_EQ(body_of(head), "");
}

CO_TEST_F(ConnectionTest, IsReadyOnceAModelCanBeServed) {
  EXPECT_EQ(status_of(co_await get("/readyz")), "503");
  worker.table = upstream::build_table({}, true);
  EXPECT_EQ(status_of(co_await get("/readyz")), "503");
  route({endpoint("b", "http://127.0.0.1:1")});
  EXPECT_EQ(status_of(co_await get("/readyz")), "200");
  worker.draining = true;
  EXPECT_EQ(body_of(co_await get("/readyz")), "draining");
  EXPECT_EQ(body_of(co_await get("/healthz")), "OK");
}

CO_TEST_F(ConnectionTest, ListsModelsToWhoMayKnow) {
  EXPECT_EQ(body_of(co_await get("/v1/models")), R"({"object":"list","data":[]})");
  EXPECT_THAT(co_await get("/v1/models/a"), HasSubstr("models_loading"));
  const std::vector<llm::ListedModel> some = {{"org/a b", R"({"id":"org/a b"})"}};
  const upstream::ListedBy listed{endpoint("b", "http://127.0.0.1:1"), &some};
  worker.table = upstream::build_table(std::span(&listed, 1), true);
  EXPECT_EQ(body_of(co_await get("/v1/models")), worker.table->models_answer);
  for (const char* path : {"/v1/models/org%2Fa%20b", "/v1/models/org/a%20b"}) {
    EXPECT_EQ(body_of(co_await get(path)),
              R"({"id":"org/a b","object":"model","created":0,"owned_by":"b"})")
        << path;
  }
  EXPECT_THAT(co_await get("/v1/models/other"), HasSubstr("model_not_found"));
  EXPECT_EQ(status_of(co_await get("/v1/models/")), "404");
  const std::vector<config::Secret> secrets = {config::Secret("key")};
  keys = policy::ApiKeys(secrets);
  EXPECT_EQ(status_of(co_await get("/v1/models")), "401");
  EXPECT_EQ(status_of(co_await get("/v1/models/other")), "401");
  EXPECT_EQ(status_of(co_await get("/v1/models", "x-api-key: key\r\n")), "200");
  EXPECT_EQ(status_of(co_await get("/healthz")), "200");
}

CO_TEST_F(ConnectionTest, WrongPathsAndMethodsAreSaid) {
  const std::string lost = co_await get("/v1/nothing");
  EXPECT_EQ(status_of(lost), "404");
  EXPECT_THAT(lost, HasSubstr("\"code\":\"not_found\""));
  const std::string method = co_await get("/v1/chat/completions");
  EXPECT_EQ(status_of(method), "405");
  EXPECT_THAT(method, HasSubstr("\r\nAllow: POST\r\n"));
  const std::string local = co_await answer("DELETE /v1/models HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(local), "405");
  EXPECT_THAT(local, HasSubstr("\r\nAllow: GET, HEAD\r\n"));
  const std::string tunnel = co_await answer("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n");
  EXPECT_EQ(status_of(tunnel), "405");
  EXPECT_THAT(tunnel, HasSubstr("\r\nConnection: close\r\n"));
}

CO_TEST_F(ConnectionTest, AMalformedRequestIsAnsweredAndTheConnectionEnds) {
  const std::string said = co_await answer("GET / HTTP/1.1\r\nHost: h\r\nbad line\r\n\r\nGET / ");
  EXPECT_EQ(status_of(said), "400");
  EXPECT_THAT(said, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(said, Not(HasSubstr("\r\nx-request-id: \r\n")));
  EXPECT_TRUE(co_await eventually([&] { return client.state() == 0; }));
  EXPECT_THAT(access_lines(), HasSubstr("\"status\":400"));
}

CO_TEST_F(ConnectionTest, OneRequestAfterAnother) {
  connect();
  std::string all;
  client.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\nGET /readyz HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(co_await eventually([&] {
    all += client.received();
    return all.ends_with("no models yet");
  }));
  EXPECT_THAT(all, HasSubstr("\r\n\r\nOKHTTP/1.1 503 "));
  EXPECT_EQ(connections.all.size(), 1U);
  EXPECT_EQ(metrics.connections_open.value(), 1);
  client.close();
  EXPECT_TRUE(co_await eventually([&] { return connections.all.empty(); }));
  EXPECT_EQ(metrics.connections_open.value(), 0);
  EXPECT_EQ(connections.gate.inside(), 0U);
  EXPECT_EQ(buffers.in_use(), 0U);
}

CO_TEST_F(ConnectionTest, DrainingEndsIdleConnectionsOnly) {
  upstream::testing::Backend backend(
      loop, [](auto&, auto) { return std::string(upstream::testing::Backend::kHang); });
  route({endpoint("b", backend.url())});
  connect();
  const io::testing::Peer idle = std::move(client);
  connect();
  client.send(proxy::testing::request(R"({"model":"m"})"));
  EXPECT_TRUE(co_await eventually([&] { return backend.asked().size() == 1; }));
  connections.close_idle();
  EXPECT_TRUE(co_await eventually([&] { return connections.all.size() == 1; }));
  EXPECT_EQ(idle.state(), 0);
  EXPECT_EQ(client.state(), EAGAIN);
  connections.abort_all();
  EXPECT_TRUE(co_await eventually([&] { return connections.all.empty(); }));
  EXPECT_TRUE(co_await eventually([&] { return backend.open() == 0; }));
}

CO_TEST_F(ConnectionTest, WhenTheDrainIsOverSoIsWhatWaitsForABackend) {
  upstream::testing::Backend backend(
      loop, [](auto&, auto) { return std::string(upstream::testing::Backend::kHang); });
  route({endpoint("b", backend.url())});
  for (const char* call : {R"({"model":"m"})", R"({"model":"m","stream":true})"}) {
    worker.draining = false;
    worker.drain_deadline = base::kNever;
    connect();
    const std::size_t asked = backend.asked().size();
    client.send(proxy::testing::request(call));
    EXPECT_TRUE(co_await eventually([&] { return backend.asked().size() > asked; }));
    worker.draining = true;
    worker.drain_deadline = loop.now();
    connections.interrupt_all();
    std::string said;
    EXPECT_TRUE(co_await eventually([&] { return !(said += client.received()).empty(); }));
    EXPECT_THAT(said, StartsWith("HTTP/1.1 503 ")) << call;
    EXPECT_THAT(said, HasSubstr("router_draining")) << call;
  }
}

}  // namespace
}  // namespace server
