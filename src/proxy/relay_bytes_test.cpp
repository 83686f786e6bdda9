#include <gmock/gmock.h>

#include "proxy/relay.hpp"
#include "proxy/testing.hpp"

// Plain answers that are bytes of any kind, such as speech.

namespace proxy {
namespace {

using testing::body_of;
using testing::chunk;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::request;
using ::testing::StartsWith;
using upstream::testing::answer;
using upstream::testing::Backend;

constexpr std::string_view kSpeech = "/v1/audio/speech";
constexpr std::string_view kJson = "Content-Type: Application/JSON; charset=utf-8\r\n";
constexpr std::string_view kCall = R"({"model":"m","input":"hello"})";

class RelayBytesTest : public testing::ProxyFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  io::Task<std::string> relayed(std::string said) {
    Backend backend(loop, [&](auto&, auto) { return said; });
    route({endpoint("b", backend.url())});
    co_return co_await answer_to(request(kCall, "x-request-id: id\r\n", kSpeech), kSpeech);
  }
};

CO_TEST_F(RelayBytesTest, WhatIsWholeAtOnceKeepsItsLength) {
  for (const std::string& body : {std::string("\0\xff{", 3), std::string()}) {
    EXPECT_EQ(co_await relayed(answer(body, "200 OK", "Content-Type: audio/mpeg\r\n")),
              "HTTP/1.1 200 OK\r\nx-request-id: id\r\nContent-Type: audio/mpeg\r\n"
              "Content-Length: " +
                  std::to_string(body.size()) + "\r\n\r\n" + body);
  }
}

CO_TEST_F(RelayBytesTest, AreSentAsTheyCome) {
  const io::testing::Listener where;
  route({endpoint("b", "http://127.0.0.1:" + std::to_string(where.port()))});
  client.send(request(kCall, "", kSpeech));
  loop.spawn([](RelayBytesTest& test) -> io::Task<void> { co_await test.serve(kSpeech); }(*this));
  const io::testing::Peer backend = co_await accept_request(where, kCall);
  std::string all;
  const auto comes = [&](std::string_view bytes) {
    return eventually([&all, this, bytes] {
      all += client.received();
      return all.ends_with(bytes);
    });
  };
  backend.send("HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const char* piece : {"a", "bc", "d"}) {
    backend.send(chunk(piece));
    EXPECT_TRUE(co_await comes(chunk(piece))) << all;
  }
  backend.send("0\r\n\r\n");
  EXPECT_TRUE(co_await comes("\r\n0\r\n\r\n"));
  EXPECT_THAT(all, HasSubstr("\r\nContent-Type: audio/wav\r\n"));
  EXPECT_TRUE(co_await eventually([&] { return served; }));
}

CO_TEST_F(RelayBytesTest, NoneOfThemIsACleanError) {
  const std::string said = co_await relayed(
      "HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nConnection: close\r\nContent-Length: "
      "9\r\n\r\n");
  EXPECT_THAT(said, StartsWith("HTTP/1.1 502 "));
  EXPECT_THAT(said, HasSubstr("upstream_incomplete"));
}

CO_TEST_F(RelayBytesTest, APartOfThemIsBrokenOff) {
  const std::string said = co_await relayed(
      "HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nConnection: close\r\n"
      "Content-Length: 9\r\n\r\nabc");
  EXPECT_THAT(said, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(said, Not(HasSubstr("0\r\n\r\n")));
  EXPECT_THAT(access_lines(), HasSubstr("\"error_code\":\"upstream_incomplete\""));
}

CO_TEST_F(RelayBytesTest, JsonInTheirPlaceIsReadAsJson) {
  const std::string error =
      co_await relayed(answer(R"({"error":{"message":"no","code":400}})", "200 OK", kJson));
  EXPECT_THAT(error, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(body_of(error), HasSubstr(R"("message":"no")"));
}

CO_TEST_F(RelayBytesTest, CutJsonIsNoAnswer) {
  EXPECT_THAT(co_await relayed(answer("{\"a\":", "200 OK", kJson)), StartsWith("HTTP/1.1 502 "));
}

}  // namespace
}  // namespace proxy
