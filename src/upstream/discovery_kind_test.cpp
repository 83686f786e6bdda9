#include <gmock/gmock.h>

#include "upstream/discovery.hpp"
#include "upstream/testing.hpp"

// What discovery does about a backend's kind, and when.

namespace upstream {
namespace {

using namespace std::chrono_literals;
using testing::answer;
using ::testing::ElementsAre;

/// An Ollama: `loaded` by /api/ps, the rest by its list.
std::string ollama(const http::RequestHead& head, std::string_view loaded = "llama3:latest") {
  if (head.target == "/v1/models") return testing::model_list({"llama3:latest", "phi:latest"});
  if (head.target == "/") return answer("Ollama is running");
  if (head.target == "/api/version") return answer(R"({"version":"0.12.6"})");
  if (head.target == "/api/ps") {
    return answer(R"({"models":[{"name":")" + std::string(loaded) + R"("}]})");
  }
  return answer("404 page not found", "404 Not Found");
}

class DiscoveryKindTest : public testing::ConnectorFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  void discover(std::vector<EndpointPtr> endpoints, base::Duration interval = 300s) {
    discovery = std::make_unique<Discovery>(
        loop, log, connector, std::move(endpoints), interval, 1,
        [this](RoutingTablePtr published) { table = std::move(published); });
    discovery->start();
  }
  static EndpointPtr stranger(std::string_view url, std::size_t index = 0) {
    config::Backend backend = testing::backend_config("b", url);
    backend.kind.reset();
    return std::make_shared<Endpoint>(backend, index);
  }
  [[nodiscard]] std::string kind() const {
    const auto kind = discovery->status().at(0).kind;
    return kind ? std::string(llm::to_string(*kind)) : "";
  }
  [[nodiscard]] std::string state_of(std::string_view model) const {
    for (const ModelNote& note : discovery->notes(0)) {
      if (note.id == model) return std::string(to_string(note.details.state));
    }
    return "";
  }

  base::Log log{{.level = base::LogLevel::off}};
  std::unique_ptr<Discovery> discovery;
  RoutingTablePtr table;
};

CO_TEST_F(DiscoveryKindTest, AnOllamaIsRecognisedAndItsShortNamesAreRouted) {
  testing::Backend backend(loop, [](const auto& head, auto) { return ollama(head); });
  discover({stranger(backend.url())});
  EXPECT_EQ(kind(), "");
  EXPECT_TRUE(co_await eventually([&] { return table->find("llama3:latest") != nullptr; }));
  // Nobody is told that there is no `llama3` before it is known.
  EXPECT_TRUE(table->find("llama3") != nullptr || !table->settled);
  EXPECT_TRUE(co_await eventually([&] { return table->settled; }));
  EXPECT_NE(table->find("llama3"), nullptr);
  EXPECT_EQ(kind(), "ollama");
  EXPECT_EQ(discovery->status()[0].version, "0.12.6");
  EXPECT_EQ(state_of("llama3:latest"), "loaded");
  EXPECT_EQ(state_of("phi:latest"), "unloaded");
  EXPECT_THAT(backend.asked(),
              ElementsAre("GET /v1/models", "GET /", "GET /api/version", "GET /api/ps"));
}

CO_TEST_F(DiscoveryKindTest, WithEachListOnlyTheStateIsAskedForAgain) {
  std::string loaded = "llama3:latest";
  testing::Backend backend(loop, [&](const auto& head, auto) { return ollama(head, loaded); });
  discover({stranger(backend.url())}, 30ms);
  EXPECT_TRUE(co_await eventually([&] { return state_of("llama3:latest") == "loaded"; }));
  loaded = "phi:latest";
  EXPECT_TRUE(co_await eventually([&] { return state_of("phi:latest") == "loaded"; }));
  EXPECT_EQ(state_of("llama3:latest"), "unloaded");
  EXPECT_EQ(std::ranges::count(backend.asked(), "GET /"), 1);
  EXPECT_EQ(std::ranges::count(backend.asked(), "GET /api/version"), 1);
}

CO_TEST_F(DiscoveryKindTest, WhatComesBackMayBeAnother) {
  testing::Backend backend(loop, [](const auto& head, auto) { return ollama(head); });
  discover({stranger(backend.url())}, 30ms);
  EXPECT_TRUE(co_await eventually([&] { return kind() == "ollama"; }));
  backend.script([](const auto&, auto) { return std::string(); });
  EXPECT_TRUE(co_await eventually([&] { return discovery->status()[0].failures > 0; }));
  EXPECT_EQ(kind(), "ollama");
  backend.script([](const http::RequestHead& head, auto) {
    return head.target == "/v1/models" ? testing::model_list({"llama3:latest", "phi:latest"})
                                       : answer("{}", "404 Not Found");
  });
  EXPECT_TRUE(co_await eventually([&] { return kind() == "openai"; }));
  EXPECT_EQ(table->find("llama3"), nullptr);
}

CO_TEST_F(DiscoveryKindTest, SilenceIsAskedAgainWithTheNextList) {
  bool silent = true;
  testing::Backend backend(loop, [&](const http::RequestHead& head, auto) {
    return silent && head.target != "/v1/models" ? std::string() : ollama(head);
  });
  discover({stranger(backend.url())}, 30ms);
  EXPECT_TRUE(co_await eventually([&] { return kind() == "openai"; }));
  silent = false;
  EXPECT_TRUE(co_await eventually([&] { return kind() == "ollama"; }));
}

// The list is there at once, and refreshed, whatever becomes of the questions.
CO_TEST_F(DiscoveryKindTest, QuestionsThatHangDelayNothing) {
  testing::Backend backend(loop, [](const http::RequestHead& head, auto) {
    return head.target == "/v1/models" ? testing::model_list({"m"})
                                       : std::string(testing::Backend::kHang);
  });
  discover({stranger(backend.url())}, 30ms);
  EXPECT_TRUE(co_await eventually([&] { return table->settled && table->find("m") != nullptr; }));
  EXPECT_TRUE(co_await eventually(
      [&] { return std::ranges::count(backend.asked(), "GET /v1/models") >= 4; }));
  EXPECT_EQ(std::ranges::count(backend.asked(), "GET /"), 1);  // one question at a time
  EXPECT_EQ(kind(), "");
}

CO_TEST_F(DiscoveryKindTest, WhatTheConfigurationSaysIsNotAskedFor) {
  testing::Backend backend(loop, [](const auto& head, auto) { return ollama(head); });
  discover({testing::endpoint("b", backend.url())}, 30ms);
  EXPECT_EQ(kind(), "openai");
  EXPECT_TRUE(co_await eventually([&] { return backend.asked().size() >= 4; }));
  EXPECT_EQ(std::ranges::count(backend.asked(), "GET /v1/models"),
            static_cast<std::ptrdiff_t>(backend.asked().size()));
}

CO_TEST_F(DiscoveryKindTest, WithAFixedListOnlyAKindThatIsSetIsAskedForWhatItNeeds) {
  testing::Backend backend(loop, [](const auto& head, auto) { return ollama(head); });
  config::Backend fixed = testing::backend_config("b", backend.url());
  fixed.models = {"llama3:latest"};
  fixed.kind = llm::BackendKind::ollama;
  config::Backend unset = fixed;
  unset.kind.reset();
  const auto other = std::make_shared<Endpoint>(unset, 1);
  discover({std::make_shared<Endpoint>(fixed, 0), other});
  EXPECT_NE(table->find("llama3"), nullptr);  // from the first table on
  EXPECT_TRUE(co_await eventually(
      [&] { return other->addresses() && state_of("llama3:latest") == "loaded"; }));
  EXPECT_FALSE(discovery->status()[1].kind);
  EXPECT_THAT(backend.asked(), ElementsAre("GET /api/version", "GET /api/ps"));
}

}  // namespace
}  // namespace upstream
