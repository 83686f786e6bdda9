#include <gmock/gmock.h>

#include "proxy/testing.hpp"

// What the backend reads of a request whose model it calls otherwise.

namespace proxy {
namespace {

using testing::body_of;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::request;
using upstream::testing::answer;
using upstream::testing::Backend;

class OutgoingRequestTest : public testing::ProxyFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  upstream::EndpointPtr renaming(std::string name, std::string_view url, std::string own,
                                 std::string clients) {
    config::Backend backend = upstream::testing::backend_config(std::move(name), url);
    backend.rename.emplace(std::move(own), std::move(clients));
    return std::make_shared<upstream::Endpoint>(std::move(backend), endpoints++);
  }
  void serve_models(std::vector<std::pair<upstream::EndpointPtr, std::string>> backends) {
    lists.clear();
    std::vector<upstream::ListedBy> listed;
    lists.reserve(backends.size());
    for (const auto& [endpoint, id] : backends) {
      lists.push_back(upstream::fixed_list(std::vector<std::string>{id}));
      listed.push_back({endpoint, &lists.back()});
    }
    worker.table = upstream::build_table(listed, true);
  }

  std::vector<std::vector<llm::ListedModel>> lists;
};

CO_TEST_F(OutgoingRequestTest, OnlyTheModelIsReplaced) {
  Backend backend(loop, [](auto&, auto) { return answer(R"({"model":"own"})"); });
  struct Case {
    std::string own;
    std::string sent;  ///< the client's body
    std::string read;  ///< the backend's
  };
  const std::vector<Case> cases = {
      {"own", R"({"model":"new"})", R"({"model":"own"})"},
      {"/m/long.gguf", "{ \"a\" : \"new\",\r\n\t\"model\" : \"new\" , \"z\":1.50e0 }\n",
       "{ \"a\" : \"new\",\r\n\t\"model\" : \"/m/long.gguf\" , \"z\":1.50e0 }\n"},
      {"own", R"({"model":"\u006eew","x":{"model":"new"}})",
       R"({"model":"own","x":{"model":"new"}})"},
      {R"(q"uo\te)", R"({"model":"new","é":"\ud83d\ude00"})",
       R"({"model":"q\"uo\\te","é":"\ud83d\ude00"})"},
      {"模型 é", R"({"x":[],"model":"new"})", R"({"x":[],"model":"模型 é"})"},
      {std::string(256, 'o'), R"({"model":"new"})",
       R"({"model":")" + std::string(256, 'o') + R"("})"},
  };
  for (const Case& c : cases) {
    serve_models({{renaming("b", backend.url(), c.own, "new"), c.own}});
    EXPECT_EQ(body_of(co_await answer_to(request(c.sent))), R"({"model":"own"})");
    EXPECT_EQ(backend.last_body(), c.read);
    EXPECT_THAT(backend.last_head(),
                HasSubstr("\r\nContent-Length: " + std::to_string(c.read.size()) + "\r\n"));
  }
  EXPECT_THAT(access_lines(), HasSubstr(R"("model":"new")"));
}

CO_TEST_F(OutgoingRequestTest, ABackendThatIsNamedGetsItsModelsOwnName) {
  Backend one(loop, [](auto&, auto) { return answer("[1]"); });
  Backend two(loop, [](auto&, auto) { return answer("[2]"); });
  serve_models({{endpoint("one", one.url()), "m"}, {renaming("two", two.url(), "x", "m"), "x"}});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(body_of(co_await answer_to(request(R"({"model":"two/m"})"))), "[2]");
    EXPECT_EQ(two.last_body(), R"({"model":"x"})");
    EXPECT_EQ(body_of(co_await answer_to(request(R"({"model":"one\/m"})"))), "[1]");
    EXPECT_EQ(one.last_body(), R"({"model":"m"})");
  }
  EXPECT_THAT(co_await answer_to(request(R"({"model":"two/x"})")), HasSubstr("model_not_found"));
  EXPECT_THAT(co_await answer_to(request(R"({"model":"three/m"})")), HasSubstr("model_not_found"));
  EXPECT_THAT(access_lines(), HasSubstr(R"("model":"two/m","backend":"two")"));
  const auto series = metrics.series();
  EXPECT_EQ(std::ranges::count(series, "two/m", &metrics::Series::model), 1);
}

// One that can't be reached and one that can call the model differently.
CO_TEST_F(OutgoingRequestTest, EachAttemptIsMadeInTheBackendsOwnWords) {
  const std::string closed = "http://127.0.0.1:" + std::to_string(io::testing::closed_port());
  Backend plain(loop, [](auto&, auto) { return answer("[1]"); });
  Backend renamed(loop, [](auto&, auto) { return answer("[2]"); });
  const auto dead = renaming("dead", closed, "dead-name", "m");
  serve_models({{dead, "dead-name"}, {endpoint("plain", plain.url()), "m"}});
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(body_of(co_await answer_to(request(R"({"model":"m","n":1})"))), "[1]");
  EXPECT_EQ(plain.last_body(), R"({"model":"m","n":1})");
  serve_models(
      {{dead, "dead-name"}, {renaming("r", renamed.url(), "longer-name", "m"), "longer-name"}});
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(body_of(co_await answer_to(request(R"({"model":"m","n":1})"))), "[2]");
  EXPECT_EQ(renamed.last_body(), R"({"model":"longer-name","n":1})");
}

}  // namespace
}  // namespace proxy
