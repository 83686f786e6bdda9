#include "http/headers.hpp"

#include <string>

#include <gtest/gtest.h>

namespace http {
namespace {

/// Appends a field that stands in `head` as "name:value" at `at`.
bool push(Headers& headers, std::string_view head, std::size_t at, std::size_t name_size,
          std::size_t value_size) {
  return headers.push({.name_at = static_cast<std::uint32_t>(at),
                       .value_at = static_cast<std::uint32_t>(at + name_size + 1),
                       .value_size = static_cast<std::uint32_t>(value_size),
                       .name_size = static_cast<std::uint16_t>(name_size),
                       .id = identify(head.substr(at, name_size))});
}

TEST(Headers, TheFirstOfEqualFieldsIsFound) {
  const std::string head = "host:ahost:bX-One:1x-one:2";
  Headers headers;
  headers.rebase(head.data());
  push(headers, head, 0, 4, 1);
  push(headers, head, 6, 4, 1);
  push(headers, head, 12, 5, 1);
  push(headers, head, 19, 5, 1);
  EXPECT_EQ(headers.find(HeaderId::host), "a");
  EXPECT_EQ(headers.count(HeaderId::host), 2U);
  EXPECT_EQ(headers.find("x-ONE"), "1") << "names have no case";
  EXPECT_EQ(headers.find("x-on"), std::nullopt);
  EXPECT_EQ(headers.find(HeaderId::cookie), std::nullopt);
  EXPECT_TRUE(headers.contains(HeaderId::host));
  EXPECT_FALSE(headers.contains(HeaderId::cookie));
}

TEST(Headers, ViewsFollowTheBufferWhenItMoves) {
  std::string head = "host:first";
  Headers headers;
  headers.rebase(head.data());
  push(headers, head, 0, 4, 5);
  const std::string moved = head;
  headers.rebase(moved.data());
  head.assign(head.size(), '#');
  EXPECT_EQ(headers[0].value, "first");
  EXPECT_EQ((*headers.begin()).name, "host");
}

TEST(Headers, AFullTableTakesNoMore) {
  const std::string head = "a:b";
  Headers headers;
  headers.rebase(head.data());
  for (std::size_t i = 0; i < Headers::kCapacity; ++i)
    ASSERT_TRUE(push(headers, head, 0, 1, 1));
  EXPECT_FALSE(push(headers, head, 0, 1, 1));
  EXPECT_EQ(headers.size(), Headers::kCapacity);
  headers.clear();
  EXPECT_TRUE(headers.empty());
  EXPECT_TRUE(headers.begin() == headers.end());
}

TEST(Headers, ClearForgetsWhatWasContained) {
  const std::string head = "cookie:b";
  Headers headers;
  headers.rebase(head.data());
  push(headers, head, 0, 6, 1);
  ASSERT_TRUE(headers.contains(HeaderId::cookie));
  headers.clear();
  EXPECT_FALSE(headers.contains(HeaderId::cookie));
}

}  // namespace
}  // namespace http
