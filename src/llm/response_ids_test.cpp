#include "llm/response_ids.hpp"

#include <gtest/gtest.h>

#include "json/walk.hpp"

namespace llm {
namespace {

TEST(ResponseIds, OfAWholeResponse) {
  const auto ids = [](std::string_view text) { return ids_of_response(json::root(text)); };
  EXPECT_EQ(ids(R"({"id":"resp_1","object":"response"})").response, "resp_1");
  EXPECT_EQ(ids(R"({"object":"response","id":"r\u0065sp"})").response, "resp");
  EXPECT_EQ(ids(R"({"id":"r","conversation":{"id":"conv_1"}})").conversation, "conv_1");
  EXPECT_EQ(ids(R"({"id":"r","conversation":"conv_1"})").conversation, "conv_1");
  for (const auto* text : {"{}", "[]", R"({"id":1,"conversation":null})", R"({"x":{"id":"r"}})",
                           R"({"id":null,"conversation":{"id":7}})"}) {
    EXPECT_EQ(ids(text).response, "") << text;
    EXPECT_EQ(ids(text).conversation, "") << text;
  }
}

TEST(ResponseIds, OfTheBeginningOfALargeOne) {
  EXPECT_EQ(ids_of_beginning("{\n \"id\" : \"resp_1\", \"output\":[{\"x").response, "resp_1");
  for (const auto* text : {"", "{", "[", "{\"", "{\"id", "{\"id\"", "{\"id\":", "{\"id\":1,",
                           "{\"object\":\"response\",\"id\":\"resp_1\""}) {
    EXPECT_EQ(ids_of_beginning(text).response, "") << text;
  }
}

}  // namespace
}  // namespace llm
