// What fuzzing found, and a seeded swarm of mutations, without the fuzzer.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config/testing.hpp"

namespace config {
namespace {

std::vector<std::string> corpus() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(LLM_ROUTER_CORPORA "/config")) {
    paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<std::string> texts;
  for (const auto& path : paths) {
    std::ifstream in(path, std::ios::binary);
    texts.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return texts;
}

/// One to four small wounds: a byte changed, a span cut out or doubled, a piece of syntax put in.
std::string mutated(std::string text, std::mt19937& random) {
  static constexpr std::string_view kPieces[] = {
      "[", "{", "}", "]", ": ", "- ", "\n",   "  ",  "*",    "&a", "\"",  "'",
      "|", ">", "#", "%", "?",  "!",  "${A}", "---", "\xff", "\t", "\x04"};
  const auto below = [&](std::size_t n) { return random() % (n + 1); };
  for (std::size_t wound = 0; wound <= below(3); ++wound) {
    const std::size_t at = below(text.size());
    const std::size_t length = below(16);
    switch (random() % 4) {
      case 0:
        text.insert(at, kPieces[random() % std::size(kPieces)]);
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, std::string(text, at, length));
        break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(random());
    }
  }
  return text;
}

TEST(ConfigFuzz, TheCorpusKeepsEveryPromise) {
  const auto texts = corpus();
  ASSERT_GE(texts.size(), 10U);
  for (const std::string& text : texts)
    EXPECT_EQ(testing::broken_promise(text), "") << text;
}

TEST(ConfigFuzz, TwoHundredMutantsOfEachKeepEveryPromise) {
  std::mt19937 random(20'261'123);  // NOLINT(bugprone-random-generator-seed): repeatable
  for (const std::string& text : corpus()) {
    for (int i = 0; i < 200; ++i) {
      const std::string mutant = mutated(text, random);
      ASSERT_EQ(testing::broken_promise(mutant), "") << mutant;
    }
  }
}

}  // namespace
}  // namespace config
