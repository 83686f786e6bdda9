#include "server/worker_thread.hpp"

#include <fcntl.h>

#include "base/scratch_directory.hpp"
#include "proxy/testing.hpp"

namespace server {
namespace {

/// One worker, whose thread has not been started.
class WorkerThreadTest : public ::testing::Test {
 protected:
  std::unique_ptr<WorkerThread> worker() {
    return std::make_unique<WorkerThread>(Shared{.log = log,
                                                 .config = config,
                                                 .keys = keys,
                                                 .responses = responses,
                                                 .tls = nullptr,
                                                 .budget = budget,
                                                 .ask_again = {}},
                                          metrics, access_log->worker(), 1);
  }

  config::Config config;
  base::Log log{{.level = base::LogLevel::off}};
  policy::ApiKeys keys{{}};
  upstream::ResponseMemory responses;
  io::Budget budget{std::size_t{64} << 20U};
  metrics::WorkerMetrics metrics;
  std::unique_ptr<proxy::AccessLog> access_log =
      proxy::AccessLog::open({.target = proxy::AccessLog::Target::off}, log).value();
  io::testing::TcpPair client;
  const io::Address peer = *io::Address::parse("192.0.2.1", 1);
};

TEST_F(WorkerThreadTest, CountsAClientFromItsAdoptionToItsEnd) {
  const auto worker = this->worker();
  worker->adopt(client.ours, peer, nullptr);
  EXPECT_EQ(worker->connections(), 1U);
  worker->start();
  client.peer.send("GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.peer.receive(12), "HTTP/1.1 200");
  client.peer.close();
  worker->abort_all();
  for (int i = 0; i < 2000 && worker->connections() > 0; ++i)
    ::usleep(5000);
  EXPECT_EQ(worker->connections(), 0U);
}

TEST_F(WorkerThreadTest, WhatIsInterruptedIsToldThatTheRouterEnds) {
  const io::testing::Listener backend;
  const auto endpoint =
      upstream::testing::endpoint("b", "http://127.0.0.1:" + std::to_string(backend.port()));
  const std::vector<llm::ListedModel> models = upstream::fixed_list(std::vector<std::string>{"m"});
  const auto worker = this->worker();
  const std::vector<upstream::ListedBy> lists = {{endpoint, &models}};
  worker->publish(upstream::build_table(lists, true));
  worker->start();
  worker->adopt(client.ours, peer, nullptr);
  client.peer.send(proxy::testing::request(R"({"model":"m"})"));
  const auto upstream = backend.accept();
  static_cast<void>(upstream.receive_until("\"m\"}"));
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
  worker->drain(base::kNever);
  std::string said;
  for (int i = 0; i < 2000 && said.empty(); ++i) {
    worker->interrupt_all();
    ::usleep(5000);
    said = client.peer.received();
  }
  EXPECT_TRUE(said.starts_with("HTTP/1.1 503 ")) << said;
  EXPECT_TRUE(said.contains("\"router_draining\"")) << said;
  client.peer.close();
}

// As also happens if there is no memory left for the coroutine.
TEST_F(WorkerThreadTest, AClientThatIsNeverServedIsClosed) {
  auto worker = this->worker();
  worker->adopt(client.ours, peer, nullptr);
  EXPECT_NE(client.peer.state(), 0);
  worker.reset();
  EXPECT_EQ(client.peer.state(), 0);
}

}  // namespace
}  // namespace server
