#include "upstream/list_request.hpp"

#include <gmock/gmock.h>

#include "upstream/testing.hpp"

namespace upstream {
namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using testing::answer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::model_list;
using ::testing::Not;

class ListRequestTest : public testing::ConnectorFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  /// The ids that are found, or the cause of the failure.
  io::Task<std::vector<std::string>> ask(Endpoint& endpoint) {
    const auto list = co_await request_models(loop, connector, endpoint);
    std::vector<std::string> ids;
    if (list) {
      for (const llm::ListedModel& model : *list)
        ids.push_back(model.id);
    } else {
      ids.push_back("failed: " + list.error().cause);
    }
    co_return ids;
  }
};

CO_TEST_F(ListRequestTest, AsksWithTheBackendsCredentials) {
  testing::Backend backend(loop, [](auto&, auto) { return model_list({"a", "b"}); });
  config::Backend config = testing::backend_config("b", backend.url());
  config.auth = {config::Auth::Kind::header, "X-API-Key", config::Secret("s3cret-key")};
  Endpoint endpoint(std::move(config), 0);
  EXPECT_THAT(co_await ask(endpoint), ElementsAre("a", "b"));
  EXPECT_THAT(backend.asked(), ElementsAre("GET /v1/models"));
  EXPECT_THAT(backend.last_head(), HasSubstr("\r\nX-API-Key: s3cret-key\r\n"));
  EXPECT_THAT(backend.last_head(), HasSubstr("\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(backend.last_head(), Not(HasSubstr("Content-Length")));
}

CO_TEST_F(ListRequestTest, TriesThePlacesAndKeepsTheOneThatAnswers) {
  testing::Backend backend(loop, [](const http::RequestHead& head, auto) {
    return head.target == "/api/v1/models" ? model_list({"m"}) : answer("{}", "404 Not Found");
  });
  const auto endpoint = testing::endpoint("b", backend.url() + "/api");
  EXPECT_THAT(co_await ask(*endpoint), ElementsAre("m"));
  EXPECT_EQ(endpoint->base(), 1U);
  EXPECT_THAT(co_await ask(*endpoint), ElementsAre("m"));
  EXPECT_THAT(backend.asked(),
              ElementsAre("GET /api/models", "GET /api/v1/models", "GET /api/v1/models"));
}

CO_TEST_F(ListRequestTest, ABackendThatMovesIsFoundAgain) {
  testing::Backend backend(loop, [](const http::RequestHead& head, auto) {
    return head.target == "/api/models" ? model_list({"m"}) : answer("{}", "404 Not Found");
  });
  const auto endpoint = testing::endpoint("b", backend.url() + "/api");
  endpoint->choose_base(1);
  EXPECT_THAT(co_await ask(*endpoint), ElementsAre("m"));
  EXPECT_EQ(endpoint->base(), 0U);
}

CO_TEST_F(ListRequestTest, FollowsPages) {
  testing::Backend backend(loop, [](const http::RequestHead& head, auto) {
    if (head.target == "/v1/models") {
      return answer(R"({"data":[{"id":"a"},{"id":"b/ c"}],"has_more":true})");
    }
    return answer(R"({"data":[{"id":"d"}],"has_more":false})");
  });
  const auto endpoint = testing::endpoint("b", backend.url());
  EXPECT_THAT(co_await ask(*endpoint), ElementsAre("a", "b/ c", "d"));
  EXPECT_THAT(backend.asked(),
              ElementsAre("GET /v1/models", "GET /v1/models?after=b%2F%20c&after_id=b%2F%20c"));
}

CO_TEST_F(ListRequestTest, PagesWithoutEndEnd) {
  testing::Backend backend(
      loop, [](auto&, auto) { return answer(R"({"data":[{"id":"a"}],"has_more":true})"); });
  const auto endpoint = testing::endpoint("b", backend.url());
  co_await request_models(loop, connector, *endpoint);
  EXPECT_LE(backend.asked().size(), 100U);
}

CO_TEST_F(ListRequestTest, SaysWhatWentWrongWithoutSecrets) {
  struct Case {
    std::string said;
    const char* cause;
  };
  const std::vector<Case> cases = {
      {answer("no", "401 Unauthorized"), "failed: GET /v1/models: status 401"},
      {answer("", "302 Found", "Location: http://elsewhere/\r\n"),
       "failed: GET /v1/models: status 302"},
      {answer("<html>"), "failed: GET /v1/models: "},
      {answer(""), "failed: GET /v1/models: "},
      {"", "failed: connection closed before the head"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{}", "failed: "},
  };
  std::size_t index = 0;
  for (const Case& c : cases) {
    testing::Backend backend(loop, [&](auto&, auto) { return c.said; });
    config::Backend config = testing::backend_config("b", backend.url());
    config.auth = {config::Auth::Kind::bearer, "Authorization", config::Secret("Bearer s3cret")};
    Endpoint endpoint(std::move(config), index++);
    const auto result = co_await ask(endpoint);
    CO_ASSERT(result.size() == 1);
    EXPECT_THAT(result.front(), ::testing::StartsWith(c.cause));
    EXPECT_THAT(result.front(), Not(HasSubstr("s3cret")));
    backend.script([](auto&, auto) { return model_list({"m"}); });
    EXPECT_THAT(co_await ask(endpoint), ElementsAre("m")) << "after " << c.said;
  }
}

CO_TEST_F(ListRequestTest, ADeadBackendIsAskedAtOnePlaceOnly) {
  testing::Backend backend(loop, [](auto&, auto) { return std::string(); });
  const auto endpoint = testing::endpoint("b", backend.url() + "/api");
  co_await ask(*endpoint);
  EXPECT_THAT(backend.asked(), ElementsAre("GET /api/models"));
}

CO_TEST_F(ListRequestTest, UnreachableSaysWhere) {
  const std::uint16_t port = io::testing::closed_port();
  const auto endpoint = testing::endpoint("b", "http://127.0.0.1:" + std::to_string(port));
  EXPECT_THAT(co_await ask(*endpoint),
              ElementsAre("failed: 127.0.0.1:" + std::to_string(port) + ": Connection refused"));
}

}  // namespace
}  // namespace upstream
