#include <array>

#include <gtest/gtest.h>

#include "json/scan.hpp"
#include "llm/error_body.hpp"

// Errors in Anthropic's form; in OpenAI's they are in error_body_test.cpp.

namespace llm {
namespace {

using base::ErrorCode;

constexpr std::array<std::string_view, 1> kSecrets = {"sk-CANARY/7"};

std::string normalised(int status, std::string_view body) {
  std::string result = normalise_backend_error(status, body, kSecrets, Dialect::anthropic);
  EXPECT_TRUE(json::validate(result)) << result;
  return result;
}

std::string body(std::string_view type, std::string_view message) {
  return R"({"type":"error","error":{"type":")" + std::string(type) + R"(","message":")" +
         std::string(message) + R"("}})";
}

TEST(AnthropicError, OfTheRouter) {
  const auto error = base::fail(ErrorCode::model_not_found, "No \"m\".", "model").error();
  EXPECT_EQ(error_body(error, Dialect::anthropic), body("not_found_error", R"(No \"m\".)"));
  EXPECT_EQ(error_event(error, Dialect::anthropic),
            "event: error\ndata: " + body("not_found_error", R"(No \"m\".)") + "\n\n");
}

TEST(AnthropicError, OfABackendInItsFormPassesByteForByte) {
  for (const std::string_view said :
       {R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
        R"( {"request_id":"req_1","error":{"details":null,"message":"m","type":"new_error"},)"
        R"( "type":"error"} )"}) {
    EXPECT_EQ(normalised(529, said), said);
  }
  EXPECT_EQ(normalised(400, body("api_error", "key sk-CANARY/7")), body("api_error", "key ***"));
}

TEST(AnthropicError, OfABackendInAnotherFormIsWrittenAnew) {
  struct Case {
    int status;
    std::string_view said;
    std::string expected;
  };
  const Case cases[] = {
      {404,
       R"({"error":{"message":"no m","type":"invalid_request_error","param":null,"code":"x"}})",
       body("not_found_error", "no m")},
      {400, R"({"error":{"message":"m","type":"BadRequestError","code":400}})",
       body("invalid_request_error", "m")},
      {400, R"({"type":"error","error":{"message":"no type"}})",
       body("invalid_request_error", "no type")},
      {429, R"({"type":"error","error":{"type":"","message":"m"}})", body("rate_limit_error", "m")},
      {422, R"({"detail":"field required"})", body("invalid_request_error", "field required")},
      {503, "<title>busy</title>", body("overloaded_error", "busy")},
      {500, "", body("api_error", "The backend answered with status 500 and no message.")},
      {500, R"({"error":"key sk-CANARY\/7"})", body("api_error", "key ***")},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(normalised(c.status, c.said), c.expected) << c.said;
  }
}

TEST(AnthropicError, OfAStreamHasTheTypeOfItsStatus) {
  const auto event = [](std::string_view said) {
    const auto error = find_error(said, {.message = "none", .type = "t", .code = "c"}, {});
    return error ? error_event(*error, Dialect::anthropic) : "none";
  };
  const auto expected = [](std::string_view type, std::string_view message) {
    return "event: error\ndata: " + body(type, message) + "\n\n";
  };
  EXPECT_EQ(event(body("overloaded_error", "m")), expected("overloaded_error", "m"));
  EXPECT_EQ(event(body("rate_limit_error", "m")), expected("rate_limit_error", "m"));
  EXPECT_EQ(event(R"({"error":{"message":"m","code":404}})"), expected("not_found_error", "m"));
  EXPECT_EQ(event(R"({"error":{"message":"m","type":"x"}})"), expected("api_error", "m"));
  EXPECT_EQ(event(R"({"error":"m"})"), expected("api_error", "m"));
}

TEST(AnthropicError, AnEventIsOneLineOfData) {
  EXPECT_EQ(error_event("{\n \"a\":\r\n1}", Dialect::anthropic),
            "event: error\ndata: { \"a\":1}\n\n");
}

}  // namespace
}  // namespace llm
