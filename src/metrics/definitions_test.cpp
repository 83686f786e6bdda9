#include "metrics/definitions.hpp"

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace metrics {
namespace {

std::string operations_page() {
  std::ostringstream out;
  out << std::ifstream(LLM_ROUTER_CORPORA "/../../docs/operations.md").rdbuf();
  return out.str();
}

std::string type_text(Type type) {
  return type == Type::counter ? "counter" : type == Type::gauge ? "gauge" : "histogram";
}

// "a,b" -> "`a`, `b`"
std::string labels_text(std::string_view labels) {
  if (labels.empty()) return "";
  return "`" + std::regex_replace(std::string(labels), std::regex(","), "`, `") + "`";
}

TEST(Definitions, AreDocumentedAsTheyAre) {
  const std::string page = operations_page();
  ASSERT_FALSE(page.empty());
  for (const Definition& d : kDefinitions) {
    const std::string row = "| `" + std::string(d.name) + "` | " + type_text(d.type) + " | " +
                            labels_text(d.labels) + " | " + std::string(d.help) + " |\n";
    EXPECT_NE(page.find(row), std::string::npos) << "docs/operations.md lacks: " << row;
  }
}

TEST(Definitions, NothingElseIsDocumented) {
  std::set<std::string> known;
  for (const Definition& d : kDefinitions) {
    const std::string name(d.name);
    known.insert(name);
    if (d.type == Type::histogram) known.insert({name + "_bucket", name + "_sum", name + "_count"});
  }
  const std::string page = operations_page();
  const std::regex metric("(llm_router|process)_[a-z_]+");
  for (auto it = std::sregex_iterator(page.begin(), page.end(), metric);
       it != std::sregex_iterator(); ++it) {
    EXPECT_TRUE(known.contains(it->str())) << it->str();
  }
}

TEST(Definitions, FollowTheNamingRules) {
  std::set<std::string_view> names;
  for (const Definition& d : kDefinitions) {
    EXPECT_TRUE(names.insert(d.name).second) << d.name;
    EXPECT_TRUE(std::regex_match(std::string(d.name), std::regex("[a-z][a-z0-9_]*"))) << d.name;
    EXPECT_EQ(d.name.ends_with("_total"), d.type == Type::counter) << d.name;
    EXPECT_TRUE(d.help.ends_with(".")) << d.name;
    EXPECT_EQ(d.help.find_first_of("\\\n|"), std::string_view::npos) << d.name;
  }
}

}  // namespace
}  // namespace metrics
