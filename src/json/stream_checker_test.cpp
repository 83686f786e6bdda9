#include "json/stream_checker.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace json {
namespace {

bool accepts(std::string_view text, std::size_t piece) {
  StreamChecker checker;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (!checker.feed(text.substr(at, piece))) return false;
  }
  return checker.complete();
}

TEST(StreamChecker, AgreesWithValidateOnTheTestSuiteHoweverItIsCut) {
  const std::filesystem::path suite =
      std::filesystem::path(LLM_ROUTER_SHARED_DATA) / "json-test-suite" / "test_parsing";
  if (!std::filesystem::exists(suite)) GTEST_SKIP() << "no JSONTestSuite at " << suite;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(suite)) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    const std::string text = content.str();
    const auto kind = validate(text);
    const bool wanted = kind && (*kind == Kind::object || *kind == Kind::array);
    for (const std::size_t piece : {1UL, 3UL, 4096UL}) {
      EXPECT_EQ(accepts(text, piece), wanted) << entry.path().filename() << " by " << piece;
    }
    ++files;
  }
  EXPECT_GE(files, 300);
}

TEST(StreamChecker, KnowsWhenTheTextIsWhole) {
  EXPECT_TRUE(accepts(R"({"a":[1,-0.5e+3,true,null,"é\u00e9\n"],"b":{}} )", 1));
  for (const char* cut :
       {"", "{", R"({"a")", R"({"a":1)", R"({"a":[)", R"({"a":"x)", "[1", "[tru"}) {
    EXPECT_FALSE(accepts(cut, 1)) << cut;
  }
  for (const char* bad : {"1", "\"x\"", "[1]]", "{} {}", "[1}", "{\"a\":1]", "[01]", "[\"\t\"]"}) {
    EXPECT_FALSE(accepts(bad, 1)) << bad;
  }
}

TEST(StreamChecker, RefusesTooDeep) {
  const std::string deep(static_cast<std::size_t>(kMaxDepth), '[');
  EXPECT_TRUE(StreamChecker().feed(deep));
  EXPECT_FALSE(StreamChecker().feed(deep + "["));
}

}  // namespace
}  // namespace json
