#include "llm/backend_error.hpp"

#include <array>

#include <gtest/gtest.h>

#include "json/scan.hpp"
#include "json/walk.hpp"

// Bodies of failed answers stand in error_body_test.cpp; here, what is made of an error by itself.

namespace llm {
namespace {

constexpr ErrorDefaults kDefaults = {.message = "none", .type = "server_error", .code = "500"};
constexpr std::array<std::string_view, 1> kSecrets = {"sk-CANARY/7"};

BackendError found(std::string_view json, Secrets secrets = {}) {
  auto error = find_error(json, kDefaults, secrets);
  EXPECT_TRUE(error) << json;
  if (!error) return {};
  EXPECT_TRUE(json::validate(error->object)) << error->object;
  EXPECT_FALSE(error->object.contains('\n')) << error->object;
  return *std::move(error);
}

std::optional<std::string> kept(std::string_view text, Secrets secrets = {}) {
  return keep_form(text, json::find(json::root(text), "error"), secrets);
}

TEST(FindError, WhatAnObjectLacksIsAddedBehindItsOwnBytes) {
  EXPECT_EQ(found(R"({"error":{"message":"x"}})").object,
            R"({"message":"x","type":"server_error","param":null,"code":"500"})");
  EXPECT_EQ(
      found(R"({"error":{ "code":null, "extra":{"a":1}, "message":"x" }})").object,
      R"({ "code":null, "extra":{"a":1}, "message":"x" ,"type":"server_error","param":null})");
  constexpr std::string_view kWhole = R"({"message":"x","type":"t","param":"p","code":"c"})";
  EXPECT_EQ(found("{\"error\":" + std::string(kWhole) + "}").object, kWhole);
}

struct Known {
  std::string_view json;
  std::string_view object;
  int status;
};

TEST(FindError, EveryKnownFormHasTheFourMembers) {
  constexpr Known kKnown[] = {
      {R"({"error":"text"})",
       R"({"message":"text","type":"server_error","param":null,"code":"500"})", 0},
      {R"({"error":["a",1]})",
       R"({"message":"[\"a\",1]","type":"server_error","param":null,"code":"500"})", 0},
      {R"({"object":"error","message":"m","type":"NotFoundError","param":null,"code":404})",
       R"({"message":"m","type":"NotFoundError","param":null,"code":"404"})", 404},
      {R"({"type":"error","error":{"type":"overloaded_error","message":"m"}})",
       R"({"type":"overloaded_error","message":"m","param":null,"code":"500"})", 529},
      {R"({"type":"error","message":"m","code":"rate_limit_exceeded","param":"p"})",
       R"({"message":"m","type":"server_error","param":"p","code":"rate_limit_exceeded"})", 429},
      {R"({"detail":"m"})", R"({"message":"m","type":"server_error","param":null,"code":"500"})",
       0},
      {R"({"message":"m"})", R"({"message":"m","type":"server_error","param":null,"code":"500"})",
       0},
      {R"({"object":"error"})",
       R"({"message":"none","type":"server_error","param":null,"code":"500"})", 0},
  };
  for (const Known& known : kKnown) {
    const BackendError error = found(known.json);
    EXPECT_EQ(error.object, known.object) << known.json;
    EXPECT_EQ(error.status, known.status) << known.json;
  }
}

TEST(FindError, AChoiceThatEndedByAnErrorIsOne) {
  const std::string error = R"("error":{"message":"m","code":502})";
  const auto with = [](const std::string& choice) {
    return R"({"choices":[{"delta":{}},{)" + choice + "}]}";
  };
  EXPECT_EQ(found(with(R"("finish_reason":"error",)" + error)).message, "m");
  EXPECT_EQ(found(with(R"("finish_reason":"error",)" + error)).status, 502);
  // One that it has got over is none, nor is what a filter says of itself.
  for (const std::string& choice :
       {R"("finish_reason":"stop",)" + error, R"("finish_reason":null,)" + error,
        R"("finish_reason":"error","content_filter_results":{)" + error + "}"}) {
    EXPECT_FALSE(find_error(with(choice), kDefaults, {})) << choice;
  }
}

TEST(FindError, TheStatusOfTheCodeGoesBeforeThatOfTheType) {
  EXPECT_EQ(found(R"({"error":{"message":"m","type":"NotFoundError","code":400}})").status, 400);
  EXPECT_EQ(found(R"({"error":{"message":"m","type":"NotFoundError","code":"x"}})").status, 404);
  for (const char* code : {"399", "600", "\"4 04\"", "\"404x\"", "-404", "1e3", "4.04e2"}) {
    EXPECT_EQ(found(R"({"error":{"message":"m","code":)" + std::string(code) + "}}").status, 0)
        << code;
  }
}

TEST(FindError, TheLogsMessageHasNoSecretEither) {
  const BackendError error = found(R"({"error":{"message":"a sk-CANARY\/7 b"}})", kSecrets);
  EXPECT_EQ(error.message, "a *** b");
  EXPECT_FALSE(error.object.contains("CANARY"));
}

TEST(KeepForm, OnlyANumberAsCodeIsChanged) {
  EXPECT_EQ(kept(R"({"a":[ 1 ],"error":{"code": -1.5e3 ,"message":"\u00e9"}} )"),
            R"({"a":[ 1 ],"error":{"code": "-1.5e3" ,"message":"\u00e9"}} )");
  for (const char* text :
       {R"({"error":{"message":"m","code":"c"}})", R"({"error":{"message":"","code":null}})",
        R"({"error":{"message":"m"}})"}) {
    EXPECT_EQ(kept(text), text);
  }
}

TEST(KeepForm, GivesUpWhereTheFormIsWrong) {
  for (const char* text : {R"({"error":{"code":"c"}})", R"({"error":{"message":null}})",
                           R"({"error":{"message":1}})", R"({"error":{"message":"m","code":[]}})",
                           R"({"error":{"message":"m","code":false}})", R"({"error":"m"})"}) {
    EXPECT_EQ(kept(text), std::nullopt) << text;
  }
}

TEST(KeepForm, SecretsAreMaskedOrTheFormIsGivenUp) {
  EXPECT_EQ(kept(R"({"error":{"message":"sk-CANARY/7"}})", kSecrets),
            R"({"error":{"message":"***"}})");
  EXPECT_EQ(kept(R"({"error":{"message":"sk-CANARY\/7"}})", kSecrets), std::nullopt);
  EXPECT_EQ(kept(R"({"error":{"message":"sk-CANARY/7 sk-\u0043ANARY/7"}})", kSecrets),
            std::nullopt);
}

TEST(ErrorOfText, IsOneLineWithoutTags) {
  EXPECT_EQ(error_of_text("a\x01\x7f\tb \r\n", kDefaults, {}).message, "a b");
  EXPECT_EQ(error_of_text("1 < 2", kDefaults, {}).message, "1 < 2");
  EXPECT_EQ(error_of_text("<b>unclosed <i", kDefaults, {}).message, "unclosed");
  EXPECT_EQ(error_of_text("<title>cut", kDefaults, {}).message, "cut");
  for (const char* text : {"", " \r\n", "<br>", "<title></title>"}) {
    EXPECT_EQ(error_of_text(text, kDefaults, {}).message, "none") << text;
  }
}

TEST(ErrorOfText, NoPartOfASecretIsLeftByTheCut) {
  const std::string text = std::string(495, 'x') + "sk-CANARY/7";
  const BackendError error = error_of_text(text, kDefaults, kSecrets);
  EXPECT_EQ(error.message, std::string(495, 'x') + "***");
}

TEST(AsError, IsTheStreamsErrorInTheBackendsWords) {
  const base::Error error = as_error(found(R"({"error":{"message":"broken"}})"));
  EXPECT_EQ(error.code, base::ErrorCode::upstream_stream_error);
  EXPECT_EQ(error.source, base::ErrorSource::upstream);
  EXPECT_EQ(error.message, "broken");
}

}  // namespace
}  // namespace llm
