#include "http/forward.hpp"

#include <string>

#include <gtest/gtest.h>

#include "http/head_test_feed.hpp"

namespace http {
namespace {

using test::ParsedRequest;
using test::ParsedResponse;

std::string forward(const std::string& fields, const ForwardRules& rules = {}) {
  const ParsedRequest parsed("POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
  EXPECT_EQ(parsed.failure, "");
  std::string out = "kept|";
  append_request_headers(out, parsed.head, rules);
  return out.substr(5);
}

std::string forward_back(const std::string& fields, const ReturnRules& rules = {}) {
  const ParsedResponse parsed("HTTP/1.1 200 OK\r\n" + fields + "\r\n");
  EXPECT_EQ(parsed.failure, "");
  std::string out;
  append_response_headers(out, parsed.head, rules);
  return out;
}

TEST(Forward, KeepsOrderSpellingAndRepetition) {
  const std::string fields =
      "Accept: application/json\r\nX-B: 1\r\nuser-agent: x\r\nx-b: 2\r\nIdempotency-Key: k\r\n"
      "Content-Type: application/json\r\nsession_id: s\r\nOpenAI-Organization: o\r\n";
  EXPECT_EQ(forward(fields), fields);
  EXPECT_EQ(forward("X-Blank: \t v \t\r\nX-Empty:\r\n"), "X-Blank: v\r\nX-Empty: \r\n");
}

TEST(Forward, LeavesOutWhatIsNotForTheBackend) {
  EXPECT_EQ(forward("Connection: keep-alive\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\n"
                    "Proxy-Authenticate: x\r\nProxy-Authorization: x\r\n"
                    "Proxy-Authentication-Info: x\r\nProxy-Anything: x\r\nTE: trailers\r\n"
                    "Trailer: x\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n"),
            "");
  EXPECT_EQ(forward("Content-Length: 5\r\nExpect: 100-continue\r\nAccept-Encoding: gzip\r\n"), "");
  EXPECT_EQ(forward("Transfer-Encoding: chunked\r\n"), "");
  EXPECT_EQ(forward("X-Router-Hops: 1\r\nx-router-attempts: 1\r\nX-Request-ID: a\r\n"), "");
  EXPECT_EQ(forward("Forwarded: for=a\r\nX-Forwarded-For: a\r\nX-Forwarded-Host: a\r\n"
                    "X-Forwarded-Proto: a\r\nX-Forwarded-Port: 1\r\nX-Real-IP: a\r\n"),
            "");
}

const std::string kCredentialFields =
    "Authorization: Bearer a\r\nX-API-Key: a\r\napi-key: a\r\nx-goog-api-key: a\r\n"
    "Cookie: a=b\r\nx-auth-token: a\r\n";

TEST(Forward, CredentialsTravelOnlyWhenTold) {
  EXPECT_EQ(forward(kCredentialFields), "");
  EXPECT_EQ(forward(kCredentialFields, {.forward_credentials = true}), kCredentialFields);
  EXPECT_EQ(forward("Proxy-Authorization: a\r\n", {.forward_credentials = true}), "");
}

TEST(Forward, UnderscoresDisguiseNothing) {
  EXPECT_EQ(forward("x_api_key: a\r\nContent_Length: 5\r\nTransfer_Encoding: chunked\r\n"
                    "x_forwarded-for: a\r\nX_Router_Hops: 1\r\nX-Mine_too: 1\r\n"),
            "X-Mine_too: 1\r\n");
}

TEST(Forward, DropsWhatConnectionNames) {
  EXPECT_EQ(forward("X-A: 1\r\nConnection: x-a, x-api-key, host\r\nX-B: 2\r\n"
                    "Connection:\tX-B\r\nX-C: 3\r\n"),
            "X-C: 3\r\n");
  EXPECT_EQ(forward_back("X-A: 1\r\nConnection: x-a\r\nX-B: 2\r\n"), "X-B: 2\r\n");
}

TEST(Forward, LeavesRoomForWhatTheRouterWrites) {
  const std::string_view replaced[] = {"x-tenant"};
  EXPECT_EQ(forward("X-Tenant: a\r\nX-B: 2\r\n", {.replaced = replaced}), "X-B: 2\r\n");
  EXPECT_EQ(forward_back("X-Tenant: a\r\nX-B: 2\r\n", {.replaced = replaced}), "X-B: 2\r\n");
}

TEST(Forward, AnAnswerDoesNotTellOurSecrets) {
  const std::string_view secrets[] = {"sk-backend-key", "dXNlcjpwYXNz"};
  EXPECT_EQ(forward_back("X-Echo: Bearer sk-backend-key\r\nX-B: sk-backend-ke\r\n"
                         "X-C: Basic dXNlcjpwYXNz, more\r\nsk-backend-key: 1\r\nX-D: 2\r\n",
                         {.secrets = secrets}),
            "X-B: sk-backend-ke\r\nX-D: 2\r\n");
}

TEST(Forward, Answers) {
  const std::string fields =
      "Date: d\r\nContent-Type: application/json\r\nContent-Encoding: identity\r\n"
      "Retry-After: 1\r\nx-ratelimit-remaining: 5\r\nAuthorization: odd\r\n";
  EXPECT_EQ(forward_back(fields), fields);
  EXPECT_EQ(forward_back("Server: nginx\r\nSet-Cookie: a=b\r\nSet_Cookie: a=b\r\nVia: 1.1 x\r\n"
                         "Transfer-Encoding: chunked\r\nConnection: close\r\n"
                         "Keep-Alive: timeout=5\r\nProxy-Authenticate: x\r\nUpgrade: h2\r\n"
                         "X-Request-Id: a\r\nx-router-hops: 1\r\n"),
            "");
  EXPECT_EQ(forward_back("Content-Length: 5\r\n"), "");
}

}  // namespace
}  // namespace http
