#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/scratch_directory.hpp"
#include "http/chunked.hpp"
#include "proxy/exchange.hpp"
#include "proxy/handle.hpp"
#include "upstream/table_builder.hpp"
#include "upstream/testing.hpp"

/// For this layer's tests: a worker with one client, and backends on the same loop.
namespace proxy::testing {

inline constexpr std::string_view kChat = "/v1/chat/completions";
inline constexpr std::string_view kEventStream = "Content-Type: text/event-stream\r\n";
/// A whole stream: content, end signal, `[DONE]`.
inline constexpr std::string_view kToken =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}\n\n";
inline constexpr std::string_view kEnd =
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
inline constexpr std::string_view kDone = "data: [DONE]\n\n";

inline std::string request(std::string_view body, std::string_view fields = "",
                           std::string_view path = kChat) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: router\r\nContent-Type: application/json\r\n" + std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

inline std::string chunk(std::string_view bytes) {
  std::string out;
  http::append_chunk_head(out, bytes.size());
  return out.append(bytes).append("\r\n");
}

/// A streamed answer of a backend, whole.
inline std::string stream(std::string_view events) {
  return "HTTP/1.1 200 OK\r\n" + std::string(kEventStream) + "Transfer-Encoding: chunked\r\n\r\n" +
         chunk(events) + "0\r\n\r\n";
}

inline std::string body_of(std::string_view answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string_view::npos ? std::string() : std::string(answer.substr(end + 4));
}

class ProxyFixture : public upstream::testing::ConnectorFixture {
 protected:
  ProxyFixture() {
    worker.ask_again = [this](upstream::Endpoint& endpoint) {
      asked_again.push_back(endpoint.name());
    };
  }

  upstream::EndpointPtr endpoint(std::string name, std::string_view url) {
    return upstream::testing::endpoint(std::move(name), url, endpoints++);
  }
  /// All of them serve model `m`.
  void route(std::initializer_list<upstream::EndpointPtr> serving, bool settled = true) {
    std::vector<upstream::ListedBy> lists;
    for (const auto& one : serving)
      lists.push_back({one, &models});
    worker.table = upstream::build_table(lists, settled);
  }

  io::Task<void> arrive(std::string_view request) {
    client.send(request);
    EXPECT_TRUE((co_await downstream.read_head()).value_or(false));
  }

  /// Serves the client's next request, as the server does; true if another may follow.
  io::Task<bool> serve(std::string_view path = kChat) {
    EXPECT_TRUE((co_await downstream.read_head()).value_or(false));
    Exchange exchange(worker, downstream, "192.0.2.1");
    exchange.read_head(path);
    co_await handle(exchange, *llm::find_operation(path));
    const bool another = downstream.end_request() && !exchange.close;
    served = true;
    co_return another;
  }

  /// The bytes that the client gets for a request, read as they come.
  io::Task<std::string> answer_to(std::string request, std::string_view path = kChat) {
    client.send(request);
    served = false;
    got.clear();
    loop.spawn(read_answer());
    reusable = co_await serve(path);
    got += client.received();
    co_return got;
  }
  io::Task<void> read_answer() {
    while (!served) {
      got += client.received();
      co_await io::sleep_until(loop, loop.now() + std::chrono::milliseconds(1));
    }
  }

  /// The next request on a connection to a backend that is a plain socket; small ones come whole.
  io::Task<void> take_request(const io::testing::Peer& backend, std::string_view end) {
    EXPECT_TRUE(co_await eventually([&] { return backend.state() == 1; }));
    EXPECT_TRUE(backend.received().ends_with(end));
  }
  io::Task<io::testing::Peer> accept_request(const io::testing::Listener& where,
                                             std::string_view end) {
    EXPECT_TRUE(co_await eventually([&] { return where.pending(); }));
    io::testing::Peer backend = where.accept();
    co_await take_request(backend, end);
    co_return backend;
  }

  /// What the access log says of all requests so far.
  std::string access_lines() const {
    EXPECT_TRUE(access_log->flush(io::testing::kLimit));
    return base::content(scratch.file("access"));
  }

  static base::Log::Options silent() { return {.level = base::LogLevel::off}; }

  base::ScratchDirectory scratch;
  base::Log log{silent()};
  std::unique_ptr<AccessLog> access_log =
      AccessLog::open({.target = AccessLog::Target::file, .file = scratch.file("access")}, log)
          .value();
  std::unique_ptr<AccessLogBuffer> lines = access_log->worker();
  config::Config config;
  policy::ApiKeys keys{{}};
  upstream::ResponseMemory responses;
  Worker worker{.loop = loop,
                .log = log,
                .config = config,
                .keys = keys,
                .responses = responses,
                .buffers = buffers,
                .connector = connector,
                .metrics = metrics,
                .access_log = *lines,
                .random = base::Random(1),
                .ask_again = {}};
  const std::vector<llm::ListedModel> models = {{"m", R"({"id":"m"})"}};
  std::size_t endpoints = 0;
  std::vector<std::string> asked_again;
  http::ServerSettings settings;
  io::testing::TcpPair pair;
  io::testing::Peer& client = pair.peer;
  http::ServerConnection downstream{std::make_unique<io::Stream>(loop, pair.ours), buffers,
                                    settings};
  std::string got;
  bool served = false;
  bool reusable = false;
};

}  // namespace proxy::testing
