#include "config/yaml_tree.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Told {
  int line;
  int column;
  std::string message;
};

/// Why `text` is refused.
Told problem(std::string_view text) {
  const auto tree = parse_yaml(text);
  if (tree) return {-1, -1, "it was taken"};
  return {tree.error().at.line, tree.error().at.column, tree.error().message};
}

TEST(YamlTree, KnowsThePlaceOfEachValue) {
  const auto tree = parse_yaml("a: 1\nlist:\n  - x\n  - {k: v}\nnothing:\n");
  ASSERT_TRUE(tree);
  const auto& members = tree->root->members;
  ASSERT_EQ(members.size(), 3U);
  EXPECT_EQ(members[0].value->text, "1");
  EXPECT_EQ(members[0].value->at.column, 4);
  const Node& list = *members[1].value;
  ASSERT_EQ(list.kind, Node::Kind::list);
  EXPECT_EQ(list.items[1]->members[0].value->at.line, 4);
  EXPECT_EQ(list.items[1]->members[0].value->at.column, 9);
  EXPECT_EQ(members[2].value->kind, Node::Kind::null);
}

TEST(YamlTree, TextStaysAsItIsWritten) {
  const auto tree = parse_yaml("[0123, 1e3, yes, '', 0x10, 2026-01-01]");
  ASSERT_TRUE(tree);
  std::string all;
  for (const Node* item : tree->root->items)
    all += item->text + "|";
  EXPECT_EQ(all, "0123|1e3|yes||0x10|2026-01-01|");
}

TEST(YamlTree, KeepsAKeyThatStandsTwice) {
  const auto tree = parse_yaml("a: 1\na: 2\n");
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->root->members.size(), 2U);
}

TEST(YamlTree, AnEmptyDocumentHasNoRoot) {
  for (const char* text : {"", "\n", "# only a comment\n"}) {
    const auto tree = parse_yaml(text);
    ASSERT_TRUE(tree) << text;
    EXPECT_TRUE(tree->root == nullptr || tree->root->kind == Node::Kind::null) << text;
  }
}

TEST(YamlTree, AliasesAreTheSameValueAndCountInFull) {
  const auto tree = parse_yaml("a: &x [1, 2]\nb: *x\n");
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->root->members[0].value, tree->root->members[1].value);
  EXPECT_EQ(tree->root->weight, 9U) << "two keys, two lists of two, and itself";
}

TEST(YamlTree, ABillionLaughsAreNotLaughed) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k)
      bomb += (k == 0 ? "" : ", ") + below;
    bomb += "]\n";
  }
  EXPECT_EQ(problem(bomb).message, "more than 100000 values");
  EXPECT_THAT(problem("a: &x [*x]").message, HasSubstr("the value that holds it"));
}

TEST(YamlTree, DepthIsLimitedBeforeTheStackIs) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(parse_yaml(nested(kMaxYamlDepth)));
  EXPECT_EQ(problem(nested(kMaxYamlDepth + 1)).message, "nested too deep");
  EXPECT_FALSE(parse_yaml(std::string(kMaxYamlBytes - 1, '[')));
}

TEST(YamlTree, RefusesWhatItDoesNotMean) {
  EXPECT_THAT(problem("a: !secret x").message, HasSubstr("a tag"));
  EXPECT_EQ(problem("a: 1\n---\nb: 2\n").line, 2);
  EXPECT_THAT(problem("a: 1\n---\nb: 2\n").message, HasSubstr("a second document"));
}

TEST(YamlTree, NoMessageRepeatsTheText) {
  const Told alias = problem("token: *hunter2\n");
  EXPECT_THAT(alias.message, HasSubstr("quotes"));
  EXPECT_THAT(alias.message, Not(HasSubstr("hunter2")));
  EXPECT_THAT(problem("a: {token: ${SECRET}}\n").message, Not(HasSubstr("SECRET")));
  EXPECT_THAT(problem("a:\n\tb: 1\n").message, HasSubstr("spaces, not tabs"));
}

TEST(YamlText, ControlCharactersAndBrokenUtf8HaveAPlace) {
  using namespace std::string_view_literals;
  const auto place = [](std::string_view text) {
    const Told told = problem(text);
    return std::to_string(told.line) + ":" + std::to_string(told.column);
  };
  EXPECT_EQ(place("a: 1\nb: \x04"sv), "2:4");
  EXPECT_EQ(place("a: \0"sv), "1:4");
  EXPECT_EQ(place("\xff\xfe"
                  "a"sv),
            "1:1")
      << "UTF-16";
  EXPECT_EQ(place("a: \xc3\xa9\xc3"sv), "1:6") << "columns count bytes";
  EXPECT_EQ(problem(std::string(kMaxYamlBytes + 1, ' ')).message, "larger than 1 MiB");
}

}  // namespace
}  // namespace config
