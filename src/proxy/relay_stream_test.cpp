#include <gmock/gmock.h>

#include "proxy/relay.hpp"
#include "proxy/testing.hpp"

// Streams, from the call to the last event.

namespace proxy {
namespace {

using namespace std::chrono_literals;
using testing::chunk;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::kDone;
using testing::kEnd;
using testing::kToken;
using ::testing::Not;
using testing::request;
using ::testing::StartsWith;
using upstream::testing::answer;
using upstream::testing::Backend;

constexpr std::string_view kCall = R"({"model":"m","stream":true})";

class RelayStreamTest : public testing::ProxyFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  /// The answer to a streaming call when the backend's answer is `said`.
  io::Task<std::string> relayed(std::string said) {
    Backend backend(loop, [&](auto&, auto) { return said; });
    const auto b = endpoint("b", backend.url());
    route({b});
    std::string all = co_await answer_to(request(kCall, "x-request-id: id\r\n"));
    EXPECT_EQ(b->in_flight, 0);
    co_return all;
  }

  /// A backend whose streams are as slow as the test wants; no keep-alive.
  upstream::EndpointPtr patient(std::string_view url, config::Timeouts timeouts) {
    config::Backend backend = upstream::testing::backend_config("b", url);
    backend.timeouts = timeouts;
    return std::make_shared<upstream::Endpoint>(backend, endpoints++);
  }

  static std::string head() {
    return "HTTP/1.1 200 OK\r\n" + std::string(testing::kEventStream) +
           "Transfer-Encoding: chunked\r\n\r\n";
  }
  /// The events of an answer, chunks taken off; a cut body is a failure.
  static std::string events(std::string_view said) {
    std::string body = testing::body_of(said);
    http::ChunkedDecoder decoder(http::ChunkedDecoder::Side::response);
    const auto decoded = decoder.decode(body);
    EXPECT_TRUE(decoded && decoded->done) << said;
    return decoded ? body.substr(0, decoded->payload) : "";
  }
  static std::string join(std::initializer_list<std::string_view> parts) {
    std::string all;
    for (const std::string_view part : parts)
      all += part;
    return all;
  }
};

CO_TEST_F(RelayStreamTest, EventsPassUnchanged) {
  const std::string sent =
      join({kToken, ": comment\n\n", "event: x\ndata:  {}\r\n\r\n", kEnd, kDone});
  Backend backend(loop, [&](auto&, auto) { return testing::stream(sent); });
  route({endpoint("b", backend.url())});
  for (int i = 0; i < 3; ++i) {
    const std::string said = co_await answer_to(request(kCall, "x-request-id: id\r\n"));
    EXPECT_THAT(said, StartsWith("HTTP/1.1 200 OK\r\nx-request-id: id\r\n"
                                 "Content-Type: text/event-stream\r\n"
                                 "Transfer-Encoding: chunked\r\n\r\n"));
    EXPECT_EQ(events(said), sent);
    EXPECT_TRUE(reusable);
  }
  EXPECT_EQ(backend.connections(), 1);
  EXPECT_THAT(access_lines(), HasSubstr("\"streamed\":true,\"error_code\":\"\""));
}

CO_TEST_F(RelayStreamTest, ACommentBeforeTheFirstEventLosesNothingOfTheHead) {
  const io::testing::Listener listener;
  route({endpoint("b", "http://127.0.0.1:" + std::to_string(listener.port()))});
  loop.spawn([](RelayStreamTest& test, const io::testing::Listener& where) -> io::Task<void> {
    const auto backend = co_await test.accept_request(where, kCall);
    backend.send(head() + chunk(": processing\n\n"));
    co_await io::sleep_until(test.loop, test.loop.now() + 30ms);
    EXPECT_EQ(test.got, "");  // comments alone are no reason to give up the status
    backend.send(chunk(join({kToken, kEnd, kDone})) + "0\r\n\r\n");
    co_await test.eventually([&] { return test.served; });
  }(*this, listener));
  const std::string said = co_await answer_to(request(kCall));
  EXPECT_THAT(said, HasSubstr("\r\nContent-Type: text/event-stream\r\n"));
  EXPECT_EQ(events(said), join({kToken, kEnd, kDone}));
}

CO_TEST_F(RelayStreamTest, EachEventGoesOutAtOnce) {
  const io::testing::Listener listener;
  route({endpoint("b", "http://127.0.0.1:" + std::to_string(listener.port()))});
  loop.spawn([](RelayStreamTest& test, const io::testing::Listener& where) -> io::Task<void> {
    const auto backend = co_await test.accept_request(where, kCall);
    backend.send(head() + chunk(kToken) + "5\r\ndata:");  // and half of the next
    EXPECT_TRUE(co_await test.eventually([&] { return test.got.contains(chunk(kToken)); }));
    EXPECT_FALSE(test.got.ends_with("data:"));
    backend.send("\r\n" + chunk(kDone.substr(5)) + "0\r\n\r\n");
    co_await test.eventually([&] { return test.served; });
  }(*this, listener));
  EXPECT_EQ(events(co_await answer_to(request(kCall))), join({kToken, kDone}));
}

CO_TEST_F(RelayStreamTest, WhatMakesSdksStumbleIsTakenOut) {
  EXPECT_EQ(events(co_await relayed(testing::stream(
                join({"\xef\xbb\xbf", kToken, "id: 7\nretry: 1\n", kEnd, "id: 8\n\n", kDone})))),
            join({kToken, kEnd, kDone}));
}

CO_TEST_F(RelayStreamTest, ACutIsAnErrorThatSdksRaise) {
  const std::string said =
      co_await relayed("HTTP/1.1 200 OK\r\n" + std::string(testing::kEventStream) +
                       "Connection: close\r\n\r\n" + std::string(kToken) + "data: {\"half");
  const std::string all = events(said);
  EXPECT_THAT(all, StartsWith(std::string(kToken) + "data: {\"error\":{"));
  EXPECT_THAT(all, HasSubstr("\"code\":\"upstream_stream_error\""));
  EXPECT_THAT(all, EndsWith("}\n\ndata: [DONE]\n\n"));
  EXPECT_THAT(all, Not(HasSubstr("half")));
  EXPECT_TRUE(reusable);  // the body has ended properly
}

CO_TEST_F(RelayStreamTest, ACutBehindTheEndSignalIsNone) {
  const std::string said =
      co_await relayed("HTTP/1.1 200 OK\r\n" + std::string(testing::kEventStream) +
                       "Connection: close\r\n\r\n" + join({kToken, kEnd}));
  EXPECT_EQ(events(said), join({kToken, kEnd}));
}

CO_TEST_F(RelayStreamTest, ACutBeforeTheFirstEventIsAnAnswer) {
  const std::string said = co_await relayed(
      "HTTP/1.1 200 OK\r\n" + std::string(testing::kEventStream) + "Connection: close\r\n\r\n");
  EXPECT_THAT(said, StartsWith("HTTP/1.1 502 "));
  EXPECT_THAT(said, HasSubstr("upstream_incomplete"));
}

CO_TEST_F(RelayStreamTest, AnErrorAsFirstEventKeepsItsStatus) {
  const std::string said = co_await relayed(
      testing::stream(R"(data: {"error":{"message":"busy","type":"rate_limit_error","code":429}})"
                      "\n\n"));
  EXPECT_THAT(said, StartsWith("HTTP/1.1 429 "));
  EXPECT_THAT(said, HasSubstr("\"code\":\"429\""));
}

CO_TEST_F(RelayStreamTest, AnErrorWithinAStreamIsMadeGood) {
  const std::string said = co_await relayed(testing::stream(
      join({kToken, "error: {\"code\":500,\"message\":\"broke\",\"type\":\"server_error\"}\n\n"})));
  EXPECT_THAT(events(said), StartsWith(std::string(kToken) + "data: {\"error\":{"));
  EXPECT_THAT(events(said), EndsWith("}\n\ndata: [DONE]\n\n"));
}

CO_TEST_F(RelayStreamTest, JsonWhereAStreamWasAskedForIs502) {
  const std::string said = co_await relayed(answer("{}"));
  EXPECT_THAT(said, StartsWith("HTTP/1.1 502 "));
  EXPECT_THAT(said, HasSubstr("upstream_invalid_response"));
}

CO_TEST_F(RelayStreamTest, AnEventWithoutEndIsTooLarge) {
  config.limits.event = 50'000;
  const std::string said =
      co_await relayed(testing::stream(join({kToken, "data: " + std::string(100'000, 'x')})));
  EXPECT_THAT(events(said), HasSubstr("upstream_response_too_large"));
}

// ## Time

CO_TEST_F(RelayStreamTest, AStreamThatStandsStillIsStalledCommentsOrNot) {
  const io::testing::Listener listener;
  config::Timeouts timeouts;
  timeouts.idle = 60ms;
  route({patient("http://127.0.0.1:" + std::to_string(listener.port()), timeouts)});
  loop.spawn([](RelayStreamTest& test, const io::testing::Listener& where) -> io::Task<void> {
    const auto backend = co_await test.accept_request(where, kCall);
    backend.send(head() + chunk(kToken));
    while (!test.served) {
      backend.send(chunk(": ping\n\n"));
      co_await io::sleep_until(test.loop, test.loop.now() + 10ms);
    }
  }(*this, listener));
  EXPECT_THAT(events(co_await answer_to(request(kCall))), HasSubstr("upstream_stalled"));
}

CO_TEST_F(RelayStreamTest, WithoutAFirstTokenItIsATimeout) {
  Backend backend(loop, [&](auto&, auto) { return std::string(Backend::kHang); });
  config::Timeouts timeouts;
  timeouts.first_token = 40ms;
  route({patient(backend.url(), timeouts)});
  const std::string said = co_await answer_to(request(kCall));
  EXPECT_THAT(said, StartsWith("HTTP/1.1 504 "));
  EXPECT_TRUE(co_await eventually([&] { return backend.open() == 0; }));
}

CO_TEST_F(RelayStreamTest, ALateFirstTokenComesBehindComments) {
  const io::testing::Listener listener;
  config.stream.commit_after = 20ms;
  config.stream.comment_interval = 20ms;
  route({endpoint("b", "http://127.0.0.1:" + std::to_string(listener.port()))});
  loop.spawn([](RelayStreamTest& test, const io::testing::Listener& where) -> io::Task<void> {
    const auto backend = co_await test.accept_request(where, kCall);
    const std::string twice = "\n\n\r\n1b\r\n: waiting";
    co_await test.eventually([&] { return test.got.contains(twice); });
    backend.send(testing::stream(join({kToken, kEnd, kDone})));
    co_await test.eventually([&] { return test.served; });
  }(*this, listener));
  const std::string said = co_await answer_to(request(kCall));
  EXPECT_THAT(events(said), StartsWith(": waiting for the backend\n\n: waiting"));
  EXPECT_THAT(events(said), EndsWith(join({kToken, kEnd, kDone})));
}

// ## The client leaves

CO_TEST_F(RelayStreamTest, AClientThatLeavesMidStreamEndsTheBackends) {
  const io::testing::Listener listener;
  const auto b = endpoint("b", "http://127.0.0.1:" + std::to_string(listener.port()));
  route({b});
  io::testing::Peer backend;
  loop.spawn([](RelayStreamTest& test, const io::testing::Listener& where,
                io::testing::Peer& out) -> io::Task<void> {
    out = co_await test.accept_request(where, kCall);
    out.send(head() + chunk(kToken));
    EXPECT_TRUE(co_await test.eventually([&] { return test.got.contains(kToken); }));
    test.served = true;
    test.client.close();
  }(*this, listener, backend));
  co_await answer_to(request(kCall));
  EXPECT_EQ(b->in_flight, 0);
  EXPECT_NE(backend.state(), EAGAIN);  // ended or reset
  EXPECT_THAT(access_lines(), HasSubstr("\"status\":499"));
}

}  // namespace
}  // namespace proxy
