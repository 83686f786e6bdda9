#include "config/keys.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/nearest.hpp"
#include "config/testing.hpp"

namespace config {
namespace {

constexpr const char* kRoot = LLM_ROUTER_CORPORA "/../../";

std::string read(const std::string& name) {
  std::ifstream in(kRoot + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// The first cell of each table row that begins with a key: "| `limits.body` | …".
std::multiset<std::string> documented_keys() {
  std::multiset<std::string> keys;
  std::istringstream lines(read("docs/configuration.md"));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| `")) continue;
    keys.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return keys;
}

TEST(Keys, AreAllDocumentedOnceAndNoOthersAre) {
  std::multiset<std::string> declared;
  for (const Key& key : all_keys())
    declared.insert(path_of(key));
  EXPECT_THAT(documented_keys(), ::testing::ContainerEq(declared));
}

/// A document that gives `key` a value that is wrong for every key, by its kind.
std::string with_wrong_value(const Key& key) {
  const std::string leaf = std::string(key.name) + ": ";
  const std::string prefix = path_of(key).substr(0, path_of(key).size() - key.name.size());
  const bool is_container = std::string_view(key.form.expected).contains("a mapping") ||
                            std::string_view(key.form.expected).starts_with("a list");
  const std::string wrong = leaf + (is_container ? "text" : "{}");
  if (prefix.empty()) return wrong + "\n";
  if (key.group == Group::listener) return "listen: [{" + wrong + "}]\n";
  if (key.group == Group::listener_tls) return "listen: [{tls: {" + wrong + "}}]\n";
  if (!prefix.starts_with("backends[].")) {
    return prefix.substr(0, prefix.size() - 1) + ": {" + wrong + "}\n";
  }
  if (key.group == Group::backend_timeouts) return "backends: [{timeouts: {" + wrong + "}}]\n";
  if (key.group == Group::backend_tls) return "backends: [{tls: {" + wrong + "}}]\n";
  if (key.group == Group::backend) return "backends: [{" + wrong + "}]\n";
  const std::string_view name = key.name;
  std::string type = "type: bearer, ";
  if (name == "type") type = "";
  if (name == "username" || name == "password") type = "type: basic, ";
  if (name == "name" || name == "value") type = "type: header, ";
  return "backends: [{auth: {" + type + wrong + "}}]\n";
}

TEST(Keys, AreAllRead) {
  for (const Key& key : all_keys()) {
    const std::string yaml = with_wrong_value(key);
    const std::string report = testing::report(testing::load_text(yaml));
    EXPECT_THAT(report, ::testing::HasSubstr("`" + path_of(key) + "` is ")) << yaml;
    EXPECT_THAT(report, ::testing::HasSubstr("; expected " + std::string(key.form.expected)))
        << yaml;
  }
}

TEST(Keys, AreSuggested) {
  EXPECT_EQ(suggest_key(Group::root, "backend"), "did you mean `backends`?");
  EXPECT_EQ(suggest_key(Group::root, "Listen"), "did you mean `listen`?");
  EXPECT_EQ(suggest_key(Group::limits, "header-bytes"), "did you mean `header_bytes`?");
  EXPECT_EQ(suggest_key(Group::backend, "drain"), "did you mean `timeouts.drain`?");
  EXPECT_EQ(suggest_key(Group::stream, "x"), "expected one of `commit_after`, `comment_interval`");
}

TEST(Nearest, TakesWhatIsCloseAndNothingElse) {
  constexpr std::array<std::string_view, 4> kNames = {"bearer", "basic", "header", "forward"};
  EXPECT_EQ(nearest("baerer", kNames), "bearer");
  EXPECT_EQ(nearest("Basic", kNames), "basic");
  EXPECT_EQ(nearest("headers", kNames), "header");
  EXPECT_EQ(nearest("heder", kNames), "header");
  EXPECT_EQ(nearest("fwd", kNames), std::nullopt);
  EXPECT_EQ(nearest("", kNames), std::nullopt);
  EXPECT_EQ(nearest("oauth", kNames), std::nullopt);
  EXPECT_EQ(nearest(std::string(10'000, 'b'), kNames), std::nullopt);
  EXPECT_EQ(nearest("x", {}), std::nullopt);
}

TEST(Example, LoadsAsItIs) {
  const LoadResult result = load(read("config.example.yaml"), "config.example.yaml",
                                 testing::source({{"OPENAI_API_KEY", "sk-example"}}));
  EXPECT_EQ(testing::report(result), "");
  EXPECT_FALSE(result.holds_literal_secrets);
  EXPECT_FALSE(result.config.backends.empty());
}

/// What is commented out in the example holds as well, and shows every key there is.
TEST(Example, LoadsWithEverythingUncommented) {
  std::istringstream lines(read("config.example.yaml"));
  std::string yaml;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("##")) continue;  // prose; what is commented out begins with one `#`
    yaml += (line.starts_with("#") ? line.substr(1) : line) + "\n";
  }
  const LoadResult result = load(yaml, "config.example.yaml",
                                 testing::source({{"OPENAI_API_KEY", "sk-example"},
                                                  {"CLIENT_KEY", "sk-client"},
                                                  {"GPU_PASSWORD", "secret"},
                                                  {"file:/run/secrets/client-key", "sk-2\n"}}));
  EXPECT_EQ(testing::report(result), "");
  for (const Key& key : all_keys()) {
    EXPECT_THAT(yaml, ::testing::HasSubstr(std::string(key.name) + ":")) << path_of(key);
  }
}

}  // namespace
}  // namespace config
