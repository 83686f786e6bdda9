#include "upstream/recognise.hpp"

#include <gmock/gmock.h>

#include "upstream/testing.hpp"

namespace upstream {
namespace {

using testing::answer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<llm::ListedModel> kModels = {{"m", R"({"id":"m"})"}};

std::string ollama(const http::RequestHead& head) {
  if (head.target == "/") return answer("Ollama is running");
  if (head.target == "/api/version") return answer(R"({"version":"0.12.6"})");
  if (head.target == "/api/ps") return answer(R"({"models":[{"name":"m"}]})");
  return answer("404 page not found", "404 Not Found");
}

/// A backend of which the configuration says nothing.
config::Backend stranger(std::string_view url) {
  config::Backend backend = testing::backend_config("b", url);
  backend.kind.reset();
  return backend;
}
EndpointPtr endpoint(std::string_view url, std::size_t index = 0) {
  return std::make_shared<Endpoint>(stranger(url), index);
}

class RecogniseTest : public testing::ConnectorFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  io::Task<llm::Recognised> ask(Endpoint& endpoint) {
    co_await connector.resolve(endpoint, {loop.now() + io::testing::kLimit});
    co_return co_await recognise(loop, connector, endpoint, begin_recognition(endpoint, kModels));
  }
};

CO_TEST_F(RecogniseTest, AsksOnOneConnectionWithTheBackendsCredentials) {
  testing::Backend backend(loop, [](const auto& head, auto) { return ollama(head); });
  config::Backend config = stranger(backend.url());
  config.auth = {config::Auth::Kind::bearer, "Authorization", config::Secret("Bearer s3cret")};
  Endpoint endpoint(std::move(config), 0);
  const auto known = co_await ask(endpoint);
  EXPECT_EQ(known.kind, llm::BackendKind::ollama);
  EXPECT_EQ(known.version, "0.12.6");
  EXPECT_EQ(known.details(kModels[0]).state, llm::ModelState::loaded);
  EXPECT_THAT(backend.asked(), ElementsAre("GET /", "GET /api/version", "GET /api/ps"));
  EXPECT_THAT(backend.last_head(), HasSubstr("\r\nAuthorization: Bearer s3cret\r\n"));
  EXPECT_EQ(backend.connections(), 1);
}

CO_TEST_F(RecogniseTest, AsksBesideTheVersionOfTheApi) {
  testing::Backend backend(loop, [](const auto&, auto) { return answer("", "404 Not Found"); });
  const auto asked = endpoint(backend.url() + "/gpu/v1");
  const auto known = co_await ask(*asked);
  EXPECT_EQ(known.kind, llm::BackendKind::openai);
  EXPECT_THAT(backend.asked(), ElementsAre("GET /gpu/", "GET /gpu/api/v0/models", "GET /gpu/info"));
}

CO_TEST_F(RecogniseTest, APublicAddressIsAskedNothingEvenOnAKeptConnection) {
  testing::Backend backend(loop, [](const auto& head, auto) { return ollama(head); });
  const auto asked = endpoint(backend.url());
  co_await ask(*asked);
  EXPECT_EQ(metrics.upstream_connections_idle.value(), 1);
  const std::size_t before = backend.asked().size();
  // Begun while the address was private, and since then the name has come to lead elsewhere.
  auto begun = begin_recognition(*asked, kModels);
  asked->publish({*io::Address::parse("127.0.0.1", backend.port()),
                  *io::Address::parse("8.8.8.8", backend.port())});
  EXPECT_FALSE(may_probe(*asked));
  const auto known = co_await recognise(loop, connector, *asked, std::move(begun));
  EXPECT_FALSE(known.certain);
  co_await recognise(loop, connector, *asked, begin_recognition(*asked, kModels));
  EXPECT_EQ(backend.asked().size(), before);
}

TEST(MayProbe, PrivateAddressesOnly) {
  const auto allowed = [](std::initializer_list<const char*> ips) {
    const auto asked = endpoint("http://h");
    Addresses addresses;
    for (const char* ip : ips)
      addresses.push_back(*io::Address::parse(ip, 80));
    asked->publish(addresses);
    return may_probe(*asked);
  };
  for (const char* ip : {"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1",
                         "fd00::1", "::ffff:10.0.0.1"}) {
    EXPECT_TRUE(allowed({ip})) << ip;
    EXPECT_FALSE(allowed({ip, "8.8.8.8"})) << ip;
  }
  for (const char* ip : {"8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1", "::ffff:8.8.8.8"})
    EXPECT_FALSE(allowed({ip})) << ip;
  EXPECT_FALSE(allowed({}));
  EXPECT_FALSE(may_probe(*endpoint("http://h")));
}

CO_TEST_F(RecogniseTest, WhatIsNoAnswerIsHarmless) {
  struct Case {
    std::string said;
    bool certain;
  };
  const std::vector<Case> cases = {
      {"", false},
      {"SSH-2.0-OpenSSH_9.2\r\n\r\n", false},
      {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{}", false},
      {answer("", "500 Oops"), true},
      {answer("", "302 Found", "Location: http://elsewhere/\r\n"), true},
      {answer("<html>"), true},
      {answer(std::string(std::size_t{3} << 20U, ' ')), true},
  };
  std::size_t index = 0;
  for (const Case& c : cases) {
    testing::Backend backend(loop, [&](auto&, auto) { return c.said; });
    const auto asked = endpoint(backend.url(), index++);
    const auto known = co_await ask(*asked);
    EXPECT_EQ(known.kind, llm::BackendKind::openai) << index;
    EXPECT_EQ(known.certain, c.certain) << index;
  }
}

// No end, no pause, and no answer at all: each question has its time.
CO_TEST_F(RecogniseTest, WhatNeverEndsIsLeft) {
  testing::Backend backend(loop, [](const auto& head, auto) {
    return head.target == "/" ? std::string(testing::Backend::kHang) : answer("{}");
  });
  const auto asked = endpoint(backend.url());
  const auto start = loop.now();
  const auto known = co_await ask(*asked);
  EXPECT_FALSE(known.certain);
  EXPECT_LT(loop.now() - start, std::chrono::seconds(4));
  EXPECT_EQ(backend.asked().size(), 3U);
}

}  // namespace
}  // namespace upstream
