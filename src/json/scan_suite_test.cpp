#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "json/scan_oracle.hpp"

// The 318 files of nst/JSONTestSuite, whole and as a member of a good request; and the fuzz corpus.

namespace json {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::directory_iterator(folder))
    files.push_back(entry.path());
  return files;
}

class JsonTestSuite : public testing::Test {
 protected:
  void SetUp() override {
    files_ = files_of(fs::path(LLM_ROUTER_SHARED_DATA) / "json-test-suite/test_parsing");
    if (files_.empty()) GTEST_SKIP() << "JSONTestSuite is not here";
    ASSERT_EQ(files_.size(), 318U);
  }
  std::vector<fs::path> files_;
};

TEST_F(JsonTestSuite, AsTheWholeText) {
  for (const fs::path& path : files_) {
    const std::string text = read(path);
    const bool accepted = validate(text).has_value();
    const char verdict = path.filename().string().front();
    if (verdict == 'y') EXPECT_TRUE(accepted) << path.filename();
    if (verdict == 'n') EXPECT_FALSE(accepted) << path.filename();
    EXPECT_EQ(oracle::find_disagreement(text), "") << path.filename();
  }
}

TEST_F(JsonTestSuite, AsAMemberOfAGoodRequest) {
  constexpr std::array<std::string_view, 1> kNames = {"model"};
  for (const fs::path& path : files_) {
    const std::string body = R"({"model":"m","x":)" + read(path) + R"(,"n":1})";
    std::array<Found, 1> found;
    const bool accepted = scan_object(body, kNames, found).has_value();
    const char verdict = path.filename().string().front();
    if (verdict == 'y') EXPECT_TRUE(accepted) << path.filename();
    if (verdict == 'n') EXPECT_FALSE(accepted) << path.filename();
    if (accepted) EXPECT_EQ(found[0].raw, "\"m\"") << path.filename();
    EXPECT_EQ(oracle::find_disagreement(body), "") << path.filename();
  }
}

// Escaped lone surrogates are the suite's "either": they pass, unless they would be read.
TEST_F(JsonTestSuite, LoneSurrogatesPassUnlessRouted) {
  constexpr std::array<std::string_view, 1> kNames = {"model"};
  int count = 0;
  for (const fs::path& path : files_) {
    const std::string text = read(path);
    if (!path.filename().string().starts_with("i_string") || !validate(text)) continue;
    const std::string value = text.substr(1, text.rfind(']') - 1);
    std::array<Found, 1> found;
    EXPECT_TRUE(scan_object("{\"x\":" + value + "}", kNames, found)) << path.filename();
    EXPECT_FALSE(scan_object("{\"model\":" + value + "}", kNames, found)) << path.filename();
    ++count;
  }
  EXPECT_EQ(count, 9);
}

TEST(JsonScanFuzz, ReplaysTheCorpus) {
  const std::vector<fs::path> files = files_of(fs::path(LLM_ROUTER_CORPORA) / "json_scan");
  ASSERT_FALSE(files.empty());
  for (const fs::path& path : files) {
    EXPECT_EQ(oracle::find_disagreement(read(path)), "") << path.filename();
  }
}

}  // namespace
}  // namespace json
