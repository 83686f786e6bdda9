#include "llm/error_body.hpp"

#include <array>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "json/scan.hpp"

namespace llm {
namespace {

using base::ErrorCode;
using std::string_literals::operator""s;

constexpr std::array<std::string_view, 2> kSecrets = {"sk-CANARY/7f3a", "12345"};

std::string normalised(int status, std::string_view body) {
  std::string result = normalise_backend_error(status, body, kSecrets);
  EXPECT_TRUE(json::validate(result)) << result;
  return result;
}

TEST(ErrorBody, HasTheFourMembers) {
  const auto error = base::fail(ErrorCode::invalid_model, "`model` \"x\"\n", "model").error();
  EXPECT_EQ(error_body(error),
            R"({"error":{"message":"`model` \"x\"\n","type":"invalid_request_error",)"
            R"("param":"model","code":"invalid_model"}})");
}

TEST(ErrorBody, ParamIsNullWithoutAField) {
  const auto error =
      base::fail_upstream(ErrorCode::upstream_timeout, "Too slow.", "10.0.0.1").error();
  EXPECT_EQ(error_body(error),
            R"({"error":{"message":"Too slow.","type":"server_error","param":null,)"
            R"("code":"upstream_timeout"}})");
}

TEST(ErrorEvent, IsOneEventAndDone) {
  const auto error = base::fail_upstream(ErrorCode::upstream_stalled, "a\n\ndata: b\r").error();
  EXPECT_EQ(error_event(error),
            R"(data: {"error":{"message":"a\n\ndata: b\r","type":"server_error","param":null,)"
            R"("code":"upstream_stalled"}})"
            "\n\ndata: [DONE]\n\n");
}

TEST(NormaliseBackendError, AListOfOneErrorIsThatError) {
  EXPECT_EQ(normalised(429, "[{\n\"error\":{\"code\":429,\"message\":\"slow\"}\n}\n]\n"),
            R"({"error":{"code":"429","message":"slow","type":"rate_limit_error","param":null}})");
  EXPECT_EQ(normalised(400, R"([{"detail":"x"}])"),
            R"({"error":{"message":"[{\"detail\":\"x\"}]","type":"invalid_request_error",)"
            R"("param":null,"code":"400"}})");
}

TEST(NormaliseBackendError, AnErrorObjectPassesByteForByte) {
  const std::string_view bodies[] = {
      R"({"error":{"message":"no","type":"t","param":null,"code":"c"}})",
      R"( { "error" : { "code" : null, "message" : "caf\u00e9" , "extra":[1, 2] } , "id" : 7 } )",
      R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
      "{\n  \"error\": {\n    \"message\": \"x\\ud800\"\n  }\n}\n",
  };
  for (const std::string_view body : bodies) {
    EXPECT_EQ(normalise_backend_error(400, body, {}), body);
  }
  EXPECT_EQ(normalised(500, bodies[1]), bodies[1]);
}

TEST(NormaliseBackendError, ACodeThatIsANumberBecomesAString) {
  EXPECT_EQ(normalised(400, R"({"error":{"message":"no","code": 400 ,"type":"BadRequestError"}})"),
            R"({"error":{"message":"no","code": "400" ,"type":"BadRequestError"}})");
}

TEST(NormaliseBackendError, OtherCodesAreReplaced) {
  EXPECT_EQ(
      normalised(400, R"({"error":{"message":"no","code":true}})"),
      R"({"error":{"message":"no","type":"invalid_request_error","param":null,"code":"true"}})");
}

struct Wrapped {
  int status;
  std::string body;
  std::string expected;
};

TEST(NormaliseBackendError, WrapsWhatIsNotAnErrorObject) {
  const Wrapped cases[] = {
      {404, R"({"detail":"Not Found"})",
       R"({"message":"Not Found","type":"invalid_request_error","param":null,"code":"404"})"},
      {422, R"({"detail":[{"loc":["body"],"msg":"Field required"}]})",
       R"({"message":"[{\"loc\":[\"body\"],\"msg\":\"Field required\"}]",)"
       R"("type":"invalid_request_error","param":null,"code":"422"})"},
      {503, R"({"message":"busy"})",
       R"({"message":"busy","type":"server_error","param":null,"code":"503"})"},
      {500, R"({"error":"model \"x\" crashed"})",
       R"({"message":"model \"x\" crashed","type":"server_error","param":null,"code":"500"})"},
      {400,
       R"({"object":"error","message":"too long","type":"BadRequestError","param":"n","code":40303})",
       R"({"message":"too long","type":"BadRequestError","param":"n","code":"40303"})"},
      {400, R"({"error":{"message":null,"type":"t"}})",
       R"({"message":"The backend answered with status 400 and no message.",)"
       R"("type":"t","param":null,"code":"400"})"},
      {429, "slow\r\n  down\t",
       R"({"message":"slow down","type":"rate_limit_error","param":null,"code":"429"})"},
      {502, "<html>\r\n<head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
       R"({"message":"502 Bad Gateway","type":"server_error","param":null,"code":"502"})"},
      {502, "  <p>no <b>luck</b></p>",
       R"({"message":"no luck","type":"server_error","param":null,"code":"502"})"},
      {500, "",
       R"({"message":"The backend answered with status 500 and no message.",)"
       R"("type":"server_error","param":null,"code":"500"})"},
      {500, "\x1f\x8b\x08\0"s,
       R"({"message":"�","type":"server_error","param":null,"code":"500"})"},
      {500, "[1,2]", R"({"message":"[1,2]","type":"server_error","param":null,"code":"500"})"},
      {500, R"({"unknown":true})",
       R"({"message":"{\"unknown\":true}","type":"server_error","param":null,"code":"500"})"},
      {500, R"({"error":null})",
       R"({"message":"{\"error\":null}","type":"server_error","param":null,"code":"500"})"},
  };
  for (const Wrapped& c : cases) {
    EXPECT_EQ(normalised(c.status, c.body), "{\"error\":" + c.expected + "}");
  }
}

TEST(NormaliseBackendError, TextIsCutBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 400; ++i) {
    text += "é";
  }
  text.insert(0, "x");
  const std::string body = normalised(500, text);
  EXPECT_NE(body.find("\"x" + text.substr(1, 498) + "\""), std::string::npos) << body;
}

TEST(NormaliseBackendError, SecretsNeverPass) {
  const std::string bodies[] = {
      R"({"error":{"message":"bad key sk-CANARY/7f3a","code":"c"},"debug":"sk-CANARY/7f3a"})",
      R"({"error":{"message":"bad key sk-CANARY\/7f3a","code":"c"}})",
      R"({"error":{"message":"bad key \u0073k-CANARY/7f3a"},"sk-CANARY/7f3a":1})",
      R"({"error":{"message":"m","code":12345}})",
      R"({"detail":["sk-CANARY\/7f3a"]})",
      R"({"error":"sk-CANARY/7f3a"})",
      R"({"message":"sk-CANARY\u002f7f3a","type":"sk-CANARY/7f3a","code":"sk-CANARY/7f3a","param":"12345"})",
      "Unauthorized: sk-CANARY/7f3a",
      "<title>sk-CANARY/7f3a</title>",
      std::string(490, 'x') + "sk-CANARY/7f3a",
  };
  for (const std::string& body : bodies) {
    const std::string result = normalised(400, body);
    EXPECT_EQ(result.find("CANARY"), std::string::npos) << result;
    EXPECT_EQ(result.find("12345"), std::string::npos) << result;
    EXPECT_NE(result.find("***"), std::string::npos) << result;
  }
}

TEST(NormaliseBackendError, AMaskThatBreaksTheBodyIsNotSent) {
  EXPECT_EQ(normalised(400, R"({"error":{"message":"m","code":"c","n":12345}})"),
            R"({"error":{"message":"m","type":"invalid_request_error","param":null,"code":"c"}})");
}

TEST(FindError, SaysWhatStatusItStandsFor) {
  const ErrorDefaults defaults = {.message = "m", .type = "t", .code = "c"};
  const auto status_of = [&](std::string_view json) {
    return find_error(json, defaults, {})->status;
  };
  EXPECT_EQ(status_of(R"({"error":{"message":"x","code":429}})"), 429);
  EXPECT_EQ(status_of(R"({"error":{"message":"x","code":"503"}})"), 503);
  EXPECT_EQ(status_of(R"({"error":{"message":"x","code":null,"status":504}})"), 504);
  EXPECT_EQ(status_of(R"({"error":{"message":"x","code":"rate_limit_exceeded"}})"), 429);
  EXPECT_EQ(status_of(R"({"type":"error","error":{"type":"overloaded_error","message":"x"}})"),
            529);
  EXPECT_EQ(status_of(R"({"error":{"message":"x","code":200}})"), 0);
  EXPECT_EQ(status_of(R"({"error":{"message":"x","code":40303}})"), 0);
  EXPECT_EQ(status_of(R"({"error":"x"})"), 0);
}

TEST(FindError, AnObjectOnSeveralLinesStaysOneEvent) {
  const auto error = find_error("{\"error\":{\n\"message\":\"x\",\r\n\"n\":1}}", {}, {});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->object,
            R"({ "message":"x",  "n":1,"type":"server_error","param":null,"code":""})");
  EXPECT_EQ(error->message, "x");
}

TEST(FindError, LeavesWhatIsNoError) {
  for (const auto* json :
       {R"({})", R"({"choices":[],"error":null})", R"({"choices":[],"message":"x"})",
        R"({"error":false,"choices":[]})", R"({"error":"","choices":[]})", R"({"error":0})",
        R"({"message":{"role":"assistant"}})", R"({"detail":null})",
        R"({"object":"list","detail":"x"})", R"({"type":"response.created"})", "[1]", "null"}) {
    EXPECT_FALSE(find_error(json, {}, {})) << json;
  }
}

}  // namespace
}  // namespace llm
