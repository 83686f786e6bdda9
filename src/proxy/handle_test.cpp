#include "proxy/handle.hpp"

#include <gmock/gmock.h>

#include "proxy/testing.hpp"

// The whole way of a request whose answer is plain; streams are in relay_stream_test.cpp.

namespace proxy {
namespace {

using testing::body_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::request;
using ::testing::StartsWith;
using upstream::testing::answer;
using upstream::testing::Backend;

constexpr std::string_view kCall = R"({"model":"m","messages":[]})";

class HandleTest : public testing::ProxyFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  static std::string code_in(std::string_view said) {
    const std::size_t at = said.rfind("\"code\":\"") + 8;
    return std::string(said.substr(at, said.find('"', at) - at));
  }
};

CO_TEST_F(HandleTest, BytesTravelUnchangedBothWays) {
  Backend backend(loop, [](auto&, auto) {
    return answer("{ \"a\" : 1 }\n", "200 OK", "Content-Type: application/json\r\nX-Rate: 1\r\n");
  });
  const auto b = endpoint("b", backend.url());
  route({b});
  const std::string said = co_await answer_to(request(kCall, "x-request-id: id\r\n"));
  EXPECT_EQ(said,
            "HTTP/1.1 200 OK\r\nx-request-id: id\r\nContent-Type: application/json\r\n"
            "X-Rate: 1\r\nContent-Length: 12\r\n\r\n{ \"a\" : 1 }\n");
  EXPECT_TRUE(reusable);
  EXPECT_EQ(backend.last_body(), kCall);
  EXPECT_EQ(b->in_flight, 0);
  EXPECT_THAT(access_lines(), HasSubstr("\"status\":200,\"bytes_in\":27,\"bytes_out\":12"));
}

CO_TEST_F(HandleTest, ConnectionsToTheBackendAreUsedAgain) {
  Backend backend(loop, [](auto&, auto) { return answer("{}"); });
  route({endpoint("b", backend.url())});
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(body_of(co_await answer_to(request(kCall))), "{}");
  EXPECT_EQ(backend.connections(), 1);
}

CO_TEST_F(HandleTest, WhatTheClientGetsWrongIsNotSent) {
  Backend backend(loop, [](auto&, auto) { return answer("{}"); });
  route({endpoint("b", backend.url())});
  struct Case {
    const char* body;
    const char* code;
  };
  static constexpr Case kCases[] = {{"{", "invalid_json"},
                                    {R"({"messages":[]})", "missing_model"},
                                    {R"({"model":7})", "invalid_model"},
                                    {R"({"model":"m","model":"n"})", "duplicate_key"},
                                    {R"({"model":"other"})", "model_not_found"}};
  for (const Case& c : kCases)
    EXPECT_EQ(code_in(co_await answer_to(request(c.body))), c.code) << c.body;
  EXPECT_THAT(backend.asked(), IsEmpty());
}

CO_TEST_F(HandleTest, WhatIsNotTheAnswerAskedForIs502) {
  struct Case {
    std::string said;
    const char* code;
  };
  const std::vector<Case> cases = {
      {answer("<html>"), "upstream_invalid_response"},
      {answer(""), "upstream_invalid_response"},
      {answer("\"text\""), "upstream_invalid_response"},
      {answer("{\"a\":"), "upstream_invalid_response"},
      {answer("{}", "200 OK", "Content-Type: text/event-stream\r\n"), "upstream_invalid_response"},
      {answer("{}", "200 OK", "Content-Encoding: gzip\r\n"), "upstream_invalid_response"},
      {answer("{}", "302 Found", "Location: /\r\n"), "upstream_invalid_response"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n{}",
       "upstream_incomplete"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
       "upstream_protocol_error"},
      {"", "upstream_connection_closed"},
      {answer("no", "401 Unauthorized"), "upstream_auth_failed"},
  };
  for (const Case& c : cases) {
    Backend backend(loop, [&](auto&, auto) { return c.said; });
    const auto b = endpoint("b", backend.url());
    route({b});
    const std::string said = co_await answer_to(request(kCall));
    EXPECT_THAT(said, StartsWith("HTTP/1.1 502 Bad Gateway\r\n")) << c.said;
    EXPECT_EQ(code_in(said), c.code) << c.said;
    EXPECT_TRUE(reusable);
    EXPECT_EQ(backend.asked().size(), 1U) << "repeated: " << c.said;
    EXPECT_EQ(b->in_flight, 0);
  }
}

CO_TEST_F(HandleTest, ABackendsErrorKeepsItsStatus) {
  const std::string error =
      R"({"error":{"message":"too long","type":"x","param":null,"code":"context_length_exceeded"}})";
  Backend backend(loop, [&](auto&, auto) { return answer(error, "400 Bad Request"); });
  route({endpoint("b", backend.url())});
  const std::string said = co_await answer_to(request(kCall));
  EXPECT_THAT(said, StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(body_of(said), error);
}

CO_TEST_F(HandleTest, ABackendWithoutTheModelIsLookedAtAgain) {
  Backend backend(loop, [](auto&, auto) { return answer("{}", "404 Not Found"); });
  route({endpoint("b", backend.url())});
  EXPECT_THAT(co_await answer_to(request(kCall)), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(asked_again, ElementsAre("b"));
}

CO_TEST_F(HandleTest, AnEarlyAnswerToALargeBodyIsPassedOn) {
  const io::testing::Listener listener;
  route({endpoint("b", "http://127.0.0.1:" + std::to_string(listener.port()))});
  const std::string call = R"({"model":"m","x":")" + std::string(8'000'000, 'x') + "\"}";
  loop.spawn([](HandleTest& test, const io::testing::Listener& where) -> io::Task<void> {
    co_await test.eventually([&] { return where.pending(); });
    const auto backend = where.accept();
    backend.send(answer(R"({"error":{"message":"too large"}})", "413 Content Too Large"));
    co_await test.eventually([&] { return test.served; });
  }(*this, listener));
  loop.spawn([](HandleTest& test, std::string all) -> io::Task<void> {
    const std::size_t piece = 50'000;
    for (std::size_t at = 0; at < all.size(); at += piece) {
      test.client.send(std::string_view(all).substr(at, piece));
      co_await io::sleep_until(test.loop, test.loop.now() + std::chrono::milliseconds(1));
    }
  }(*this, request(call)));
  co_await serve();
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 413 "));
}

// ## Answers too large to be collected

CO_TEST_F(HandleTest, ALargeAnswerStreamsThrough) {
  config.limits.answer = 10'000;
  const std::string body = "[\"" + std::string(3'000'000, 'x') + "\"]";
  Backend backend(loop, [&](auto&, auto) { return answer(body); });
  route({endpoint("b", backend.url())});
  const std::string said = co_await answer_to(request(kCall));
  EXPECT_THAT(said.substr(0, said.find("\r\n\r\n")), HasSubstr("Transfer-Encoding: chunked"));
  EXPECT_TRUE(said.ends_with("\r\n0\r\n\r\n"));
  std::string chunks = body_of(said);
  http::ChunkedDecoder decoder(http::ChunkedDecoder::Side::response);
  const auto decoded = decoder.decode(chunks);
  CO_ASSERT(decoded && decoded->done);
  EXPECT_TRUE(chunks.substr(0, decoded->payload) == body);
  EXPECT_EQ(backend.connections(), 1);
}

CO_TEST_F(HandleTest, ALargeAnswerThatBreaksIsBrokenOff) {
  config.limits.answer = 10'000;
  for (const std::string& said :
       {answer("[\"" + std::string(100'000, 'x')),           // no JSON at its end
        answer("[\"" + std::string(100'000, 'x') + "\"]}"),  // nor here
        std::string("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 200000\r\n\r\n[\"") +
            std::string(100'000, 'x')}) {
    io::testing::TcpPair another;
    client = std::move(another.peer);
    http::ServerConnection connection(std::make_unique<io::Stream>(loop, another.ours), buffers,
                                      settings);
    Backend backend(loop, [&](auto&, auto) { return said; });
    route({endpoint("b", backend.url())});
    client.send(request(kCall));
    EXPECT_TRUE(co_await connection.read_head());
    {
      Exchange exchange(worker, connection, "192.0.2.1");
      exchange.read_head(testing::kChat);
      co_await handle(exchange, *llm::find_operation(testing::kChat));
      EXPECT_TRUE(exchange.close);
    }
    const std::string all = client.receive(1'000'000);
    EXPECT_THAT(all, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_FALSE(all.ends_with("0\r\n\r\n"));
    EXPECT_THAT(access_lines(), HasSubstr("\"error_code\":\"upstream_incomplete\""));
  }
}

}  // namespace
}  // namespace proxy
