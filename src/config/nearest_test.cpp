#include "config/nearest.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

// What the configuration makes of it, with its own names, stands in keys_test.cpp.

namespace config {
namespace {

std::optional<std::string_view> nearest_of(std::string_view text,
                                           std::initializer_list<std::string_view> candidates) {
  const std::vector<std::string_view> list = candidates;
  return nearest(text, list);
}

TEST(Nearest, OneEditOfEachKindIsForgiven) {
  constexpr std::string_view kName = "timeouts";
  for (const char* text : {"timeouts", "timeout", "imeouts", "tmeouts", "timeoutss", "ttimeouts",
                           "timeovts", "tmieouts", "timeoutst", "TIMEOUTS", "itmeouts"}) {
    EXPECT_EQ(nearest_of(text, {kName}), kName) << text;
  }
}

TEST(Nearest, AThirdOfTheLengthMayDiffer) {
  EXPECT_EQ(nearest_of("abcdefxyz", {"abcdefghi"}), "abcdefghi");
  EXPECT_EQ(nearest_of("abcdewxyz", {"abcdefghi"}), std::nullopt);
  EXPECT_EQ(nearest_of("xxxabcdefghi", {"abcdefghi"}), "abcdefghi");
  // The shorter counts, whichever it is.
  EXPECT_EQ(nearest_of("abcdefxxx", {"abcdef"}), std::nullopt);
  EXPECT_EQ(nearest_of("abcdef", {"abcdefxxx"}), std::nullopt);
}

TEST(Nearest, ShortNamesMayHaveOneEdit) {
  EXPECT_EQ(nearest_of("ur", {"url"}), "url");
  EXPECT_EQ(nearest_of("ulr", {"url"}), "url");
  EXPECT_EQ(nearest_of("rul", {"url"}), "url");
  EXPECT_EQ(nearest_of("lru", {"url"}), std::nullopt);
}

TEST(Nearest, CaseAndDashesCostNothing) {
  EXPECT_EQ(nearest_of("Commit-After", {"commit_after"}), "commit_after");
  EXPECT_EQ(nearest_of("commit after", {"commit_after"}), "commit_after");
  EXPECT_EQ(nearest_of("COMMIT-AFTR", {"commit_after"}), "commit_after");
}

TEST(Nearest, TheClosestWinsAndOfEquallyCloseTheFirst) {
  EXPECT_EQ(nearest_of("listem", {"lister", "listen", "listem"}), "listem");
  EXPECT_EQ(nearest_of("listem", {"lister", "listen"}), "lister");
  EXPECT_EQ(nearest_of("listem", {"listen", "lister"}), "listen");
}

TEST(Nearest, WhatIsTooLongForANameIsNotCompared) {
  const std::string longest(40, 'a');
  EXPECT_EQ(nearest_of(longest, {longest}), longest);
  const std::string longer(41, 'a');
  EXPECT_EQ(nearest_of(longer, {longer}), std::nullopt);
}

}  // namespace
}  // namespace config
