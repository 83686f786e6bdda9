#include "json/walk.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace json {
namespace {

TEST(Root, IsTheValueWithoutTheWhitespaceAroundIt) {
  EXPECT_EQ(root(" \n{\"a\":1}\t").raw, "{\"a\":1}");
  EXPECT_EQ(root("{}").kind, Kind::object);
  EXPECT_EQ(root("-1").kind, Kind::number);
  EXPECT_EQ(root("").kind, Kind::absent);
  EXPECT_EQ(root("  ").kind, Kind::absent);
  EXPECT_EQ(root("x").kind, Kind::absent);
}

TEST(Members, ComeInOrderWithTheirExactBytes) {
  std::vector<std::string> seen;
  const Value object = root(R"({ "a" : 1.5 ,"b\n":"x,}" , "":[1,{"z":"]"}],"d":{}, "e":null})");
  for (const auto& [name, value] : Members(object)) {
    seen.push_back(std::string(name) + "=" + std::string(value.raw));
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"a=1.5", "b\\n=\"x,}\"", "=[1,{\"z\":\"]\"}]", "d={}",
                                            "e=null"}));
}

TEST(Members, OfWhatIsNoObjectAreNone) {
  for (const std::string_view text : {"[1]", "\"a\"", "{}", "{ }", "1", ""}) {
    for (const Member& member : Members(root(text)))
      ADD_FAILURE() << text << member.name;
  }
}

TEST(Elements, ComeInOrderWithTheirExactBytes) {
  std::vector<std::string_view> seen;
  for (const Value& value : Elements(root(R"([ 1 ,"a]\"" , [ ],[[2]], {"b":[]} ,true])"))) {
    seen.push_back(value.raw);
  }
  EXPECT_EQ(seen, (std::vector<std::string_view>{"1", "\"a]\\\"\"", "[ ]", "[[2]]", "{\"b\":[]}",
                                                 "true"}));
}

TEST(Elements, OfWhatIsNoArrayAreNone) {
  for (const std::string_view text : {"{\"a\":1}", "\"a\"", "[]", "[ ]", ""}) {
    for (const Value& value : Elements(root(text)))
      ADD_FAILURE() << text << value.raw;
  }
}

// The end of a container is found a window at a time: it must not matter where windows end.
TEST(Elements, EndWhereverTheWindowsFall) {
  for (std::size_t size = 0; size < 400; ++size) {
    for (const std::string_view filler : {"a", "\\\\", "\\\"", "[", "\\\\\\\"", "}"}) {
      // An odd start once, an even one once: escapes are cut at a window's end, too.
      std::string inner = size % 2 == 0 ? R"({"k":[")" : R"({"k":["a)";
      for (std::size_t i = 0; i < size / 2; ++i)
        inner += filler;
      inner += R"(]"],"l":{}})";
      const std::string text = "[" + inner + ",{\"tail\":1}]";
      std::vector<std::string_view> seen;
      for (const Value& value : Elements(root(text)))
        seen.push_back(value.raw);
      ASSERT_EQ(seen, (std::vector<std::string_view>{inner, "{\"tail\":1}"}));
    }
  }
}

TEST(Find, ReturnsTheFirstMemberOfThatName) {
  const Value object = root(R"({"a":1,"b":{"a":2},"a":3})");
  EXPECT_EQ(find(object, "a").raw, "1");
  EXPECT_EQ(find(find(object, "b"), "a").raw, "2");
  EXPECT_EQ(find(object, "c").kind, Kind::absent);
  EXPECT_EQ(find(find(object, "c"), "a").kind, Kind::absent);
  EXPECT_EQ(find(root("[1]"), "a").kind, Kind::absent);
}

TEST(Find, ResolvesEscapesInNames) {
  const Value object = root(R"({"\\u0061":0,"\u0065rror":1,"q\"":2,"\ud800":3})");
  EXPECT_EQ(find(object, "error").raw, "1");
  EXPECT_EQ(find(object, "q\"").raw, "2");
  EXPECT_EQ(find(object, "a").kind, Kind::absent);
  EXPECT_EQ(find(object, "\\u0061").raw, "0");
}

TEST(Values, AreReadByKind) {
  EXPECT_EQ(as_string(root(R"("a\u00e9\n\ud83d\ude00")")).value(), "aé\n😀");
  EXPECT_FALSE(as_string(root("1")));
  EXPECT_FALSE(as_string(root(R"("\ud800")")));
  EXPECT_FALSE(as_string(Value{}));

  EXPECT_EQ(plain_string(root("\"abc\"")), "abc");
  EXPECT_EQ(plain_string(root("\"\"")), "");
  EXPECT_EQ(plain_string(root(R"("a\n")")), std::nullopt);
  EXPECT_EQ(plain_string(root("null")), std::nullopt);

  EXPECT_EQ(as_bool(root("true")), true);
  EXPECT_EQ(as_bool(root("false")), false);
  EXPECT_EQ(as_bool(root("\"true\"")), std::nullopt);
  EXPECT_EQ(as_bool(Value{}), std::nullopt);

  EXPECT_TRUE(is_nonempty_string(root("\"a\"")));
  EXPECT_FALSE(is_nonempty_string(root("\"\"")));
  EXPECT_FALSE(is_nonempty_string(root("null")));
  EXPECT_FALSE(is_nonempty_string(root("[1]")));
}

TEST(Values, AreUnsignedIntegersOnlyIfTheyFit) {
  EXPECT_EQ(as_uint(root("0")), 0U);
  EXPECT_EQ(as_uint(root("18446744073709551615")), 18446744073709551615U);
  for (const std::string_view other : {"18446744073709551616", "-1", "1.0", "1e3", "\"1\"", ""}) {
    EXPECT_EQ(as_uint(root(other)), std::nullopt) << other;
  }
}

TEST(Walk, OfBrokenTextsEndsWithinThem) {
  for (const std::string_view text :
       {"{", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":\"", "{\"a\":\"\\", "{\"a\":{", "{a:1}",
        "{\"a\"1}", "{\"a\":x}", "{\"a\":1,,}", "{,}", "{\"a\":\"\\\"", "{\"a\":[\"",
        "{\"a\":[\"\\"}) {
    const std::string exact(text);
    for (const auto& [name, value] : Members(root(exact))) {
      plain_string(value);
      EXPECT_LE(value.raw.data() + value.raw.size(), exact.data() + exact.size());
    }
    for (const auto& value : Elements({Kind::array, exact}))
      is_nonempty_string(value);
  }
}

}  // namespace
}  // namespace json
