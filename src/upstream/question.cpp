#include "upstream/question.hpp"

#include "base/try.hpp"

namespace upstream {
namespace {

io::Task<base::Result<Reply>> exchange(io::Loop& loop, Connector& connector, Endpoint& endpoint,
                                       const Question& question, Lease lease) {
  http::ClientConnection& backend = lease.connection->http;
  const std::string request = "GET " + question.target + " HTTP/1.1\r\n" + endpoint.list_headers() +
                              "Accept: application/json\r\nUser-Agent: llm-router/" +
                              LLM_ROUTER_VERSION + "\r\n\r\n";
  iovec slice{const_cast<char*>(request.data()), request.size()};
  const io::Guard guard{.deadline = loop.now() + question.patience};
  CO_TRY_VOID(co_await backend.send(std::span(&slice, 1), guard));
  CO_TRY_VOID(co_await backend.read_head(guard));
  Reply reply{.status = backend.head().status, .body = {}, .cut = false};
  while (!backend.body_complete() && backend.body().size() <= question.max_bytes) {
    // What drips in keeps every single wait short.
    if (loop.now() >= guard.deadline) {
      co_return base::fail_upstream(base::ErrorCode::upstream_timeout, "No answer in time.",
                                    "GET " + question.target + ": took too long");
    }
    CO_TRY_VOID(co_await backend.read_body(guard));
  }
  reply.cut = backend.body().size() > question.max_bytes;
  reply.body = backend.body().substr(0, question.max_bytes);
  if (!reply.cut) connector.give_back(endpoint, std::move(lease.connection));
  co_return reply;
}

}  // namespace

io::Task<base::Result<Reply>> ask(io::Loop& loop, Connector& connector, Endpoint& endpoint,
                                  Question question) {
  if (auto pooled = connector.take_pooled(endpoint)) {
    auto reply = co_await exchange(loop, connector, endpoint, question, *std::move(pooled));
    if (reply || reply.error().code != base::ErrorCode::upstream_connection_closed) {
      co_return reply;
    }
  }
  CO_TRY(auto opened, co_await connector.open(endpoint, nullptr));
  co_return co_await exchange(loop, connector, endpoint, question, std::move(opened));
}

}  // namespace upstream
