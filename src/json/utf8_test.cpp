#include "json/utf8.hpp"

#include <string>

#include <gtest/gtest.h>

namespace json {
namespace {

TEST(Utf8, EveryCodePointReadsBackAsWritten) {
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, code);
    const std::size_t expected = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    ASSERT_EQ(text.size(), expected) << static_cast<unsigned>(code);
    ASSERT_EQ(utf8_sequence_length(text), expected) << static_cast<unsigned>(code);
    ASSERT_EQ(utf8_sequence_length(text.substr(0, expected - 1)), 0U)
        << "cut short: " << static_cast<unsigned>(code);
  }
}

// The table of RFC 3629, 4, from its other side.
TEST(Utf8, WhatTheRfcForbidsIsNoSequence) {
  using namespace std::string_view_literals;
  for (const std::string_view text : {""sv,
                                      "\x80"sv,
                                      "\xBF"sv,
                                      "\xC0\x80"sv,
                                      "\xC1\xBF"sv,
                                      "\xE0\x80\x80"sv,
                                      "\xE0\x9F\xBF"sv,
                                      "\xED\xA0\x80"sv,
                                      "\xED\xBF\xBF"sv,
                                      "\xF0\x80\x80\x80"sv,
                                      "\xF0\x8F\xBF\xBF"sv,
                                      "\xF4\x90\x80\x80"sv,
                                      "\xF5\x80\x80\x80"sv,
                                      "\xF8\x88\x80\x80\x80"sv,
                                      "\xFE"sv,
                                      "\xFF"sv,
                                      "\xC3("sv,
                                      "\xE2\x82("sv,
                                      "\xF0\x9F\x98("sv,
                                      "\xC3\xC3"sv})
    EXPECT_EQ(utf8_sequence_length(text), 0U) << ::testing::PrintToString(text);
}

TEST(Utf8, TheFirstFaultIsFoundWhereverItStands) {
  const std::string good = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
  EXPECT_EQ(first_invalid_utf8(good), good.size());
  EXPECT_EQ(first_invalid_utf8(""), 0U);
  EXPECT_EQ(first_invalid_utf8(good + "\xFF" + good), good.size());
  EXPECT_EQ(first_invalid_utf8(good.substr(0, good.size() - 1)), 6U) << "a character cut in half";
}

}  // namespace
}  // namespace json
