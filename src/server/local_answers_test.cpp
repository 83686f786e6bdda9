#include "server/local_answers.hpp"

#include <gmock/gmock.h>

#include "json/scan.hpp"
#include "proxy/testing.hpp"

// Which answers there are and how they look; what they say of models and of readiness is tested in
// connection_test.cpp.

namespace server {
namespace {

using proxy::testing::body_of;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class LocalAnswersTest : public proxy::testing::ProxyFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  io::Task<std::string> answer(std::string path, std::string_view method = "GET") {
    co_await arrive(std::string(method) + " " + path + " HTTP/1.1\r\nHost: h\r\n" + fields +
                    "\r\n");
    path.erase(std::min(path.find('?'), path.size()));
    {
      proxy::Exchange exchange(worker, downstream, "192.0.2.1");
      exchange.read_head(path);
      co_await find_local_answer(path)(exchange, path);
    }
    EXPECT_TRUE(downstream.end_request());
    co_return client.received();
  }

  std::string fields;
};

TEST(FindLocalAnswer, OnlyAtExactlyItsPath) {
  for (const char* path : {"/", "/healthz", "/readyz", "/v1/models"}) {
    EXPECT_NE(find_local_answer(path), nullptr) << path;
    if (std::string_view(path) == "/") continue;
    EXPECT_EQ(find_local_answer(std::string(path) + "/"), nullptr) << path;
    EXPECT_EQ(find_local_answer(std::string(path) + "x"), nullptr) << path;
  }
  for (const char* path : {"", "healthz", "/HEALTHZ", "/v1/chat/completions", "/metrics"}) {
    EXPECT_EQ(find_local_answer(path), nullptr) << path;
  }
}

TEST(FindLocalAnswer, ModelsAreFoundWithoutTheVersion) {
  EXPECT_EQ(find_local_answer("/models"), find_local_answer("/v1/models"));
  EXPECT_EQ(find_local_answer("/models/org%2Fname"), find_local_answer("/v1/models/m"));
  EXPECT_EQ(find_local_answer("/models/"), nullptr);
}

TEST(FindLocalAnswer, AModelsIdMayHoldSlashes) {
  const LocalAnswer one = find_local_answer("/v1/models/m");
  EXPECT_NE(one, nullptr);
  EXPECT_NE(one, find_local_answer("/v1/models"));
  EXPECT_EQ(one, find_local_answer("/v1/models/org/name"));
  EXPECT_EQ(one, find_local_answer("/v1/models/org%2Fname"));
}

CO_TEST_F(LocalAnswersTest, JsonForClientsAndTextForProbes) {
  for (const char* path : {"/", "/v1/models"}) {
    const std::string said = co_await answer(path);
    EXPECT_THAT(said, HasSubstr("\r\nContent-Type: application/json\r\n")) << path;
    EXPECT_TRUE(json::validate(body_of(said))) << path;
  }
  for (const char* path : {"/healthz", "/readyz"}) {
    EXPECT_THAT(co_await answer(path), HasSubstr("\r\nContent-Type: text/plain; charset=utf-8\r\n"))
        << path;
  }
}

CO_TEST_F(LocalAnswersTest, HeadIsGetWithoutABody) {
  route({endpoint("b", "http://127.0.0.1:1")});
  for (const char* path : {"/", "/healthz", "/readyz", "/v1/models", "/v1/models/m"}) {
    const std::string whole = co_await answer(path);
    const std::string head = co_await answer(path, "HEAD");
    EXPECT_THAT(whole, StartsWith("HTTP/1.1 200 ")) << path;
    EXPECT_THAT(head, StartsWith("HTTP/1.1 200 ")) << path;
    EXPECT_EQ(body_of(head), "") << path;
    const std::string length =
        "\r\nContent-Length: " + std::to_string(body_of(whole).size()) + "\r\n";
    EXPECT_THAT(whole, HasSubstr(length)) << path;
    EXPECT_THAT(head, HasSubstr(length)) << path;
  }
}

CO_TEST_F(LocalAnswersTest, KeysAreAskedForWhereModelsAreNamedAlone) {
  route({endpoint("b", "http://127.0.0.1:1")});
  const std::vector<config::Secret> secrets = {config::Secret("key")};
  keys = policy::ApiKeys(secrets);
  for (const char* path : {"/v1/models", "/v1/models/m", "/v1/models/absent", "/v1/models/%zz"}) {
    const std::string said = co_await answer(path);
    EXPECT_THAT(said, StartsWith("HTTP/1.1 401 ")) << path;
    EXPECT_THAT(said, Not(HasSubstr("\"id\":"))) << path;
  }
  for (const char* path : {"/", "/healthz", "/readyz"}) {
    EXPECT_THAT(co_await answer(path), StartsWith("HTTP/1.1 200 ")) << path;
  }
}

CO_TEST_F(LocalAnswersTest, AnthropicsClientsGetTheirOwnForm) {
  const std::vector<llm::ListedModel> some = {{"b", R"({"id":"b","created":1})"},
                                              {"a", R"({"id":"a","created":2})"}};
  const upstream::ListedBy listed{endpoint("e", "http://127.0.0.1:1"), &some};
  worker.table = upstream::build_table(std::span(&listed, 1), true);
  const std::string a =
      R"({"type":"model","id":"a","display_name":"a","created_at":"1970-01-01T00:00:02.000Z"})";
  fields = "anthropic-version: 2023-06-01\r\n";
  EXPECT_EQ(body_of(co_await answer("/v1/models/a")), a);
  EXPECT_EQ(body_of(co_await answer("/models?limit=1")),
            R"({"data":[)" + a + R"(],"has_more":true,"first_id":"a","last_id":"a"})");
  EXPECT_THAT(body_of(co_await answer("/v1/models?after_id=%61")),
              HasSubstr(R"(,"has_more":false,"first_id":"b","last_id":"b"})"));
  EXPECT_THAT(body_of(co_await answer("/v1/models?before_id=b&limit=1000")),
              HasSubstr(R"(,"has_more":false,"first_id":"a","last_id":"a"})"));
  for (const char* limit : {"0", "-1", "1001", "x", "", "1x", "99999999999999999999"}) {
    const std::string said = co_await answer("/v1/models?limit=" + std::string(limit));
    EXPECT_THAT(said, StartsWith("HTTP/1.1 400 ")) << limit;
    EXPECT_THAT(body_of(said), StartsWith(R"({"type":"error","error":{"type":"invalid_req)"));
  }
  EXPECT_THAT(body_of(co_await answer("/v1/models/nope")), HasSubstr("not_found_error"));
  fields = "";
  EXPECT_EQ(body_of(co_await answer("/v1/models?limit=x")), worker.table->models_answer);
}

CO_TEST_F(LocalAnswersTest, AnIdThatCannotBeReadIsNoModel) {
  route({endpoint("b", "http://127.0.0.1:1")});
  EXPECT_THAT(co_await answer("/v1/models/%zz"), StartsWith("HTTP/1.1 4"));
  EXPECT_THAT(co_await answer("/v1/models/%6d"), StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace server
