#include "json/cursor.hpp"

#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace json {
namespace {

/// All that a cursor meets, written down again.
void read_value(Cursor& at, std::string& out) {
  if (at.enter(Kind::object)) {
    out += '{';
    for (std::string_view name; at.next_member(name);) {
      out.append("\"").append(name).append("\":");
      read_value(at, out);
      out += ',';
    }
    out += '}';
  } else if (at.enter(Kind::array)) {
    out += '[';
    while (at.next_element()) {
      read_value(at, out);
      out += ',';
    }
    out += ']';
  } else {
    out += at.take().raw;
  }
}

std::string read_all(std::string_view text) {
  Cursor at(text);
  std::string out;
  read_value(at, out);
  return out;
}

TEST(Cursor, MeetsEverythingOnceInOrder) {
  EXPECT_EQ(read_all(R"( { "a" : 1 , "b":[ true,null , "x]" ],"":{ } , "c\"":[[],{"d":-1.5e3}]} )"),
            R"({"a":1,"b":[true,null,"x]",],"":{},"c\"":[[],{"d":-1.5e3,},],})");
  EXPECT_EQ(read_all("[]"), "[]");
  EXPECT_EQ(read_all(" 7 "), "7");
}

TEST(Cursor, TakesWholeValues) {
  Cursor at(R"([{"a":[1,"}"]} ,[2], 3])");
  ASSERT_TRUE(at.enter(Kind::array));
  ASSERT_TRUE(at.next_element());
  EXPECT_FALSE(at.enter(Kind::array));
  EXPECT_EQ(at.take().raw, R"({"a":[1,"}"]})");
  ASSERT_TRUE(at.next_element());
  const Value second = at.take();
  EXPECT_EQ(second.raw, "[2]");
  EXPECT_EQ(second.kind, Kind::array);
  ASSERT_TRUE(at.next_element());
  EXPECT_EQ(at.take().raw, "3");
  EXPECT_FALSE(at.next_element());
  EXPECT_EQ(at.take().kind, Kind::absent);
}

TEST(Cursor, StaysInATextThatIsNotValid) {
  const std::string_view good = R"({"a":[1,{"b":"c\n"}],"d":{"e":[null,true]},"f":"g"})";
  base::Random random(7);
  for (int round = 0; round < 50'000; ++round) {
    std::string text(good.substr(0, random.next() % (good.size() + 1)));
    for (std::uint64_t n = random.next() % 4; n > 0 && !text.empty(); --n) {
      text[random.next() % text.size()] = R"({}[]:,"\ a1)"[random.next() % 11];
    }
    // On the heap, to the byte, for the address sanitizer to watch.
    const auto exact = std::make_unique<char[]>(text.size());
    text.copy(exact.get(), text.size());
    read_all({exact.get(), text.size()});
  }
}

}  // namespace
}  // namespace json
