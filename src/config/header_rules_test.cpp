#include "config/header_rules.hpp"

#include <gtest/gtest.h>

namespace config {
namespace {

using namespace std::string_view_literals;

TEST(HeaderRules, NamesAreTokens) {
  EXPECT_TRUE(is_header_name("X-Key_1.a!#$%&'*+^`|~"));
  for (const auto name :
       {""sv, "a b"sv, "a:"sv, "a\r\nb"sv, "a\0"sv, "\xc3\xa9"sv, "(a)"sv, "a/b"sv})
    EXPECT_FALSE(is_header_name(name)) << name;
  EXPECT_TRUE(is_header_name(std::string(256, 'a')));
  EXPECT_FALSE(is_header_name(std::string(257, 'a')));
}

TEST(HeaderRules, ValuesAreOneLineWithoutBlanksAtItsEnds) {
  for (const auto value : {"a"sv, "a b\tc"sv, "\xc3\xa9"sv, "\xff"sv})
    EXPECT_TRUE(is_header_value(value)) << value;
  for (const auto value :
       {""sv, " a"sv, "a "sv, "\ta"sv, "a\t"sv, "a\nb"sv, "a\rb"sv, "a\0b"sv, "a\x7f"sv, " "sv})
    EXPECT_FALSE(is_header_value(value)) << value;
}

TEST(HeaderRules, ATokenIsOneVisibleWord) {
  EXPECT_TRUE(is_credential("sk-0_9.~+/="));
  for (const auto value : {""sv, "a b"sv, "a\n"sv, "\xc3\xa9"sv, "a\x7f"sv})
    EXPECT_FALSE(is_credential(value)) << value;
}

TEST(HeaderRules, WhatBoundsTheMessageIsNotTheConfigurations) {
  for (const auto name : {"Host"sv, "CONTENT-LENGTH"sv, "transfer-encoding"sv, "Connection"sv,
                          "TE"sv, "X-Router-Hop"sv, "x-request-id"sv})
    EXPECT_TRUE(is_reserved_header(name)) << name;
  for (const auto name : {"X-Routers"sv, "Hosted"sv, "OpenAI-Organization"sv, "Authorization"sv})
    EXPECT_FALSE(is_reserved_header(name)) << name;
}

TEST(HeaderRules, NamesThatHoldSecretsAreKnownByTheirParts) {
  for (const auto name :
       {"Authorization"sv, "x-api-key"sv, "Api-Token"sv, "Cookie"sv, "X-Client-SECRET"sv})
    EXPECT_TRUE(is_credential_header(name)) << name;
  for (const auto name : {"X-Region"sv, "OpenAI-Beta"sv, "Accept"sv})
    EXPECT_FALSE(is_credential_header(name)) << name;
}

}  // namespace
}  // namespace config
