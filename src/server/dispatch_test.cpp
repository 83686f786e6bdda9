#include "server/dispatch.hpp"

#include <gmock/gmock.h>

#include "proxy/testing.hpp"

// Who serves which path. The answers themselves are tested with those who give them.

namespace server {
namespace {

using proxy::testing::body_of;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class DispatchTest : public proxy::testing::ProxyFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  /// The answer to a request on the fixture's connection, which stays good for the next.
  io::Task<std::string> answer(std::string_view method, std::string_view target,
                               std::string_view fields = "") {
    co_await arrive(std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n" +
                    std::string(fields) + "Content-Length: 0\r\n\r\n");
    {
      proxy::Exchange exchange(worker, downstream, "192.0.2.1");
      co_await dispatch(exchange);
      closes = exchange.close;
    }
    reusable = downstream.end_request();
    co_return client.received();
  }

  bool closes = false;
};

CO_TEST_F(DispatchTest, PathsAreComparedAsTheyStand) {
  for (const char* path :
       {"/v1", "/v1/", "/v1/nothing", "/V1/models", "/v1/chat/completions/", "/v1/chat",
        "/v1/chat/completionsx", "/v1/models/", "/healthz/", "/metrics", "/v1/%6dodels",
        "/chat/completions/", "/models/", "/v1/chat/completions;x"}) {
    const std::string said = co_await answer("POST", path);
    EXPECT_THAT(said, StartsWith("HTTP/1.1 404 ")) << path;
    EXPECT_THAT(body_of(said), HasSubstr("\"code\":\"not_found\"")) << path;
    EXPECT_TRUE(reusable && !closes) << path;
  }
}

CO_TEST_F(DispatchTest, AnAbsentPathIsSaidBeforeTheMethod) {
  EXPECT_THAT(co_await answer("BREW", "/nothing"), StartsWith("HTTP/1.1 404 "));
}

CO_TEST_F(DispatchTest, CallsTakePostAlone) {
  for (const llm::Operation& operation : llm::kOperations) {
    for (const char* method : {"GET", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
      const std::string said = co_await answer(method, operation.path);
      EXPECT_THAT(said, StartsWith("HTTP/1.1 405 ")) << method << operation.path;
      EXPECT_THAT(said, HasSubstr("\r\nAllow: POST\r\n")) << method << operation.path;
      const bool is_openai = operation.dialect == llm::Dialect::openai;
      EXPECT_THAT(said, HasSubstr(is_openai ? R"("code":"method_not_allowed")"
                                            : R"({"type":"error","error":{"type":"invalid_)"))
          << method << operation.path;
      EXPECT_TRUE(reusable && !closes);
    }
    // Refused by the proxy, for want of JSON: it did get there.
    EXPECT_THAT(co_await answer("POST", operation.path), StartsWith("HTTP/1.1 415 "));
  }
}

CO_TEST_F(DispatchTest, ErrorsAreInTheFormThatTheClientReads) {
  constexpr std::string_view kVersion = "anthropic-version: 2023-06-01\r\n";
  const std::string anthropic = co_await answer("GET", "/nothing", kVersion);
  EXPECT_THAT(body_of(anthropic), StartsWith(R"({"type":"error","error":{"type":"not_found_)"));
  EXPECT_THAT(anthropic, HasSubstr("\r\nrequest-id: "));
  const std::string plain = co_await answer("GET", "/nothing");
  EXPECT_THAT(body_of(plain), StartsWith(R"({"error":{"message":)"));
  EXPECT_THAT(plain, Not(HasSubstr("\r\nrequest-id: ")));
  // The path says more than the header.
  const std::string openai = co_await answer("GET", "/v1/completions", kVersion);
  EXPECT_THAT(body_of(openai), StartsWith(R"({"error":{"message":)"));
}

CO_TEST_F(DispatchTest, LocalAnswersTakeGetAndHead) {
  route({endpoint("b", "http://127.0.0.1:1")});
  for (const char* path : {"/", "/healthz", "/readyz", "/v1/models", "/v1/models/m"}) {
    for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
      const std::string said = co_await answer(method, path);
      EXPECT_THAT(said, StartsWith("HTTP/1.1 405 ")) << method << path;
      EXPECT_THAT(said, HasSubstr("\r\nAllow: GET, HEAD\r\n")) << method << path;
    }
    for (const char* method : {"GET", "HEAD"}) {
      EXPECT_THAT(co_await answer(method, path), StartsWith("HTTP/1.1 200 ")) << method << path;
    }
  }
}

CO_TEST_F(DispatchTest, ARefusalOfHeadHasNoBody) {
  const std::string said = co_await answer("HEAD", "/v1/embeddings");
  EXPECT_THAT(said, StartsWith("HTTP/1.1 405 "));
  EXPECT_EQ(body_of(said), "");
}

CO_TEST_F(DispatchTest, TheQueryIsNoPartOfThePath) {
  EXPECT_EQ(body_of(co_await answer("GET", "/healthz?/v1/nothing")), "OK");
  EXPECT_EQ(body_of(co_await answer("GET", "/healthz?a=%2f..//")), "OK");
  EXPECT_THAT(co_await answer("GET", "/v1/completions?x"), StartsWith("HTTP/1.1 405 "));
}

CO_TEST_F(DispatchTest, AmbiguousPathsAreRefusedAndLoggedWithoutTheirQuery) {
  for (const char* target : {"//healthz", "/x/../healthz", "/%2e%2e/healthz", "/v1%2fmodels",
                             "/healthz%00", "/healthz%", "/./healthz?secret=1"}) {
    const std::string said = co_await answer("GET", target);
    EXPECT_THAT(said, StartsWith("HTTP/1.1 400 ")) << target;
    EXPECT_THAT(said, HasSubstr("\"code\":\"bad_request\"")) << target;
  }
  EXPECT_THAT(access_lines(), HasSubstr("/./healthz"));
  EXPECT_THAT(access_lines(), Not(HasSubstr("secret")));
}

CO_TEST_F(DispatchTest, ATunnelIsRefusedAndItsConnectionEnds) {
  const std::string said = co_await answer("CONNECT", "h:443");
  EXPECT_THAT(said, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(said, HasSubstr("\r\nAllow: GET, HEAD, POST\r\n"));
  EXPECT_THAT(said, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(closes);
}

}  // namespace
}  // namespace server
