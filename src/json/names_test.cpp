#include "json/names.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace json {
namespace {

std::string object_of(const std::vector<std::string>& names) {
  std::string text = "{";
  for (const std::string& name : names)
    text += (text.size() > 1 ? ",\"" : "\"") + name + "\":0";
  return text + "}";
}

TEST(Names, AFewAreComparedAsTheyCome) {
  Names names;
  EXPECT_TRUE(names.add(""));
  EXPECT_TRUE(names.add("model"));
  EXPECT_TRUE(names.add("Model"));
  EXPECT_TRUE(names.add("mode"));
  EXPECT_FALSE(names.add("model"));
  EXPECT_FALSE(names.add(""));
  EXPECT_FALSE(names.overflowed());
}

TEST(Names, EqualInSizeAndEndsIsNotEqual) {
  // What the filter looks at is the same in all of these.
  Names names;
  for (const char* name : {"a00z", "a01z", "a10z", "a11z"})
    EXPECT_TRUE(names.add(name)) << name;
  EXPECT_FALSE(names.add("a10z"));
}

TEST(Names, SaysWhenItHasStoppedComparing) {
  Names names;
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < Names::kFew; ++i)
    kept.push_back("n" + std::to_string(i));
  for (const std::string& name : kept)
    ASSERT_TRUE(names.add(name));
  EXPECT_FALSE(names.overflowed());
  EXPECT_TRUE(names.add("n0"));
  EXPECT_TRUE(names.overflowed()) << "from here on find_duplicate_name() is to be asked";
}

TEST(DuplicateName, IsFoundAmongMany) {
  std::vector<std::string> names;
  for (int i = 0; i < 1000; ++i)
    names.push_back("name" + std::to_string(i));
  EXPECT_EQ(find_duplicate_name(object_of(names)), std::nullopt);
  names.emplace_back("name500");
  EXPECT_EQ(find_duplicate_name(object_of(names)), "name500");
}

TEST(DuplicateName, EscapesAreResolvedBeforeTheyAreCompared) {
  EXPECT_EQ(find_duplicate_name(R"({"model":1,"\u006dodel":2})"), "model");
  EXPECT_EQ(find_duplicate_name(R"({"a\/b":1,"a/b":2})"), "a/b");
  EXPECT_EQ(find_duplicate_name(R"({"\u00e9":1,"é":2})"), "é");
  EXPECT_EQ(find_duplicate_name(R"({"model":1,"\\u006dodel":2})"), std::nullopt);
}

TEST(DuplicateName, OnlyTheObjectsOwnNamesCount) {
  EXPECT_EQ(find_duplicate_name(R"({"a":{"b":1},"b":[{"a":1}]})"), std::nullopt);
  EXPECT_EQ(find_duplicate_name("{}"), std::nullopt);
}

TEST(FoldedName, FoldsAsTheMostLenientReadersDo) {
  EXPECT_TRUE(equal_folded("model", "model"));
  EXPECT_TRUE(equal_folded("MoDeL", "model"));
  EXPECT_TRUE(equal_folded("\xc5\xbftream", "stream"));  // U+017F folds to s
  EXPECT_TRUE(
      equal_folded("\xe2\x84\xaa"
                   "ey",
                   "key"));  // U+212A folds to k
  EXPECT_FALSE(equal_folded("mode", "model"));
  EXPECT_FALSE(equal_folded("models", "model"));
  EXPECT_FALSE(equal_folded("", "model"));
  EXPECT_FALSE(
      equal_folded("m\xc3\xb6"
                   "del",
                   "model"));
}

TEST(FoldedName, NothingThatIsEqualIsSortedOutBefore) {
  for (const char* name : {"model", "MODEL", "mOdel"})
    EXPECT_TRUE(may_equal_folded(name, "model")) << name;
  EXPECT_TRUE(may_equal_folded("\xc5\xbftream", "stream"));
  EXPECT_TRUE(
      may_equal_folded("\xe2\x84\xaa"
                       "ey",
                       "key"));
  EXPECT_FALSE(may_equal_folded("mode", "model"));
  EXPECT_FALSE(may_equal_folded("models", "model"));
  EXPECT_FALSE(may_equal_folded("messages", "model"));
}

}  // namespace
}  // namespace json
