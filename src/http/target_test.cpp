#include "http/target.hpp"

#include <string>

#include <gtest/gtest.h>

namespace http {
namespace {

std::string split(std::string_view target) {
  const auto parts = split_target(target);
  if (!parts) {
    EXPECT_EQ(parts.error().code, base::ErrorCode::bad_request);
    return "refused";
  }
  return std::string(parts->path) + " | " + std::string(parts->query);
}

TEST(Target, IsSplitAtItsFirstQuestionMark) {
  EXPECT_EQ(split("/"), "/ | ");
  EXPECT_EQ(split("*"), "* | ");
  EXPECT_EQ(split("/v1/models"), "/v1/models | ");
  EXPECT_EQ(split("/v1/models/"), "/v1/models/ | ");
  EXPECT_EQ(split("/a?b=c?d"), "/a | b=c?d");
  EXPECT_EQ(split("/a?"), "/a | ");
  EXPECT_EQ(split("/a?../%zz//%00"), "/a | ../%zz//%00");
  EXPECT_EQ(split("/a%20b/c.d/...//"), "refused");
  EXPECT_EQ(split("/a%20b/c.d/.../.e/f."), "/a%20b/c.d/.../.e/f. | ");
}

TEST(Target, RefusesPathsWithTwoReadings) {
  for (const std::string_view target : {"//",
                                        "//a",
                                        "/a//",
                                        "/v1//models",
                                        "/.",
                                        "/..",
                                        "/./a",
                                        "/a/..",
                                        "/v1/../admin",
                                        "/v1/%2e%2e/admin",
                                        "/v1/.%2E/admin",
                                        "/v1/%2e/admin",
                                        "/a%2fb",
                                        "/a%2Fb",
                                        "/v1%2fmodels",
                                        "/a%5cb",
                                        "/a%5Cb",
                                        "/a\\b",
                                        "/a%00",
                                        "/a%0a",
                                        "/a%1f",
                                        "/a%7f",
                                        "/a%",
                                        "/a%2",
                                        "/a%2g",
                                        "/a%g2",
                                        "/%u0041",
                                        "/%",
                                        "/a/%2e%2e"})
    EXPECT_EQ(split(target), "refused") << target;
}

TEST(Target, ModelIdsMayHoldSlashes) {
  EXPECT_EQ(split("/v1/models/org/model"), "/v1/models/org/model | ");
  EXPECT_EQ(split("/v1/models/org%2Fmodel"), "/v1/models/org%2Fmodel | ");
  EXPECT_EQ(split("/v1/models/a%2f..%2fb"), "refused");
  EXPECT_EQ(split("/v1/models/../admin"), "refused");
  EXPECT_EQ(split("/v1/models/%2e%2e/admin"), "refused");
  EXPECT_EQ(split("/v1/models/%2f"), "refused");
  EXPECT_EQ(split("/v1/models/a%2f%2fb"), "refused");
  EXPECT_EQ(split("/v1/models/a%5cb"), "refused");
  EXPECT_EQ(split("/v1/models/a%00b"), "refused");
  EXPECT_EQ(split("/v1/models%2fa"), "refused");
}

TEST(Target, AParameterIsFoundHoweverItIsWritten) {
  for (const std::string_view query :
       {"model=x", "a=b&model=x", "model", "MODEL=x", "Mod%65l=x", "%6d%6F%64%65%6C=x", "a;model=x",
        "model%5b%5d=x", "model[]=x", "model.id=x", "+model=x", "%20model=x", "model%00a=x",
        "&&model", "a=%&model=x", "model%zz=x", "model%20=x"})
    EXPECT_TRUE(query_names(query, "model")) << query;
  for (const std::string_view query :
       {"", "a=model", "models=x", "model_id=x", "model-a=x", "mode=l", "my_model=x", "xmodel",
        "a%26model=x", "api-version=1", "%model", "="})
    EXPECT_FALSE(query_names(query, "model")) << query;
}

TEST(Target, PercentDecoding) {
  EXPECT_EQ(percent_decode(""), "");
  EXPECT_EQ(percent_decode("a+b%2Fc%2fd%25"), "a+b/c/d%");
  EXPECT_EQ(percent_decode("%c3%A9"), "\xc3\xa9");
  EXPECT_EQ(percent_decode("%"), std::nullopt);
  EXPECT_EQ(percent_decode("a%2"), std::nullopt);
  EXPECT_EQ(percent_decode("%zz"), std::nullopt);
}

TEST(QueryValue, IsTheFirstOfItsName) {
  constexpr std::string_view kQuery = "a=1&b=&c&a=2&long=x=y&&d=%20";
  EXPECT_EQ(query_value(kQuery, "a"), "1");
  EXPECT_EQ(query_value(kQuery, "b"), "");
  EXPECT_EQ(query_value(kQuery, "c"), "");
  EXPECT_EQ(query_value(kQuery, "long"), "x=y");
  EXPECT_EQ(query_value(kQuery, "d"), "%20");
  for (const char* name : {"e", "A", "lon", "1", "longer"}) {
    EXPECT_EQ(query_value(kQuery, name), std::nullopt) << name;
  }
  EXPECT_EQ(query_value("", "a"), std::nullopt);
  EXPECT_EQ(query_value("ab=1", "a"), std::nullopt);
}

TEST(ModelInPath, StandsBelowEitherPrefix) {
  EXPECT_EQ(model_in_path("/v1/models/org/m"), "org/m");
  EXPECT_EQ(model_in_path("/models/m"), "m");
  EXPECT_EQ(model_in_path("/v1/models/"), "");
  for (const char* path : {"/v1/models", "/models", "/v1/model/m", "/v2/models/m", "/x/models/m"}) {
    EXPECT_EQ(model_in_path(path), std::nullopt) << path;
  }
}

}  // namespace
}  // namespace http
