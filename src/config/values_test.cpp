#include "config/values.hpp"

#include <gtest/gtest.h>

namespace config {
namespace {

using namespace std::chrono_literals;

TEST(Durations, AreSecondsUnlessTheySayTheirUnit) {
  EXPECT_EQ(parse_duration("0"), 0ms);
  EXPECT_EQ(parse_duration("3"), 3s);
  EXPECT_EQ(parse_duration("0.5"), 500ms);
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("10s"), 10s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration("0.0004"), 0ms);
  EXPECT_EQ(parse_duration("87600h"), 87600h);
}

TEST(Durations, AreNothingElse) {
  for (const char* text :
       {"", " ", "s", "-1", "+1", "1 s", "1d", "1S", "1m30s", "1e3", "inf", "nan", "0x10", ".5",
        "1,5", "87601h", "99999999999999999999999999", "10s "}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Sizes, AreBytesOrPowersOf1024) {
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("65536"), 65536U);
  EXPECT_EQ(parse_size("64k"), 65536U);
  EXPECT_EQ(parse_size("64KiB"), 65536U);
  EXPECT_EQ(parse_size("32mib"), 33554432U);
  EXPECT_EQ(parse_size("1G"), 1073741824U);
  EXPECT_EQ(parse_size("18446744073709551615"), 18446744073709551615U);
}

TEST(Sizes, AreNothingElse) {
  for (const char* text : {"", "k", "-1", "1.5k", "1kB", "32MB", "1 k", "1T",
                           "18446744073709551616", "18446744073709551615k", "17179869184g"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

TEST(WholeNumbers, AreDigits) {
  EXPECT_EQ(parse_whole("007"), 7U);
  for (const char* text : {"", "-1", "+1", "1.0", "0x1", "1_000", "18446744073709551616"}) {
    EXPECT_EQ(parse_whole(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace config
