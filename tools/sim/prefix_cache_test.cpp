#include "prefix_cache.hpp"

#include <string>

#include <gtest/gtest.h>

namespace sim {
namespace {

/// `blocks` blocks, each unlike the others, and one byte more.
std::string prompt(std::size_t blocks, char kind = 'a') {
  std::string text;
  for (std::size_t i = 0; i < blocks; ++i)
    text += std::to_string(i) + std::string(PrefixCache::kBlockBytes, kind);
  return text.substr(0, blocks * PrefixCache::kBlockBytes) + "!";
}

TEST(PrefixCache, KnowsWhatItHasSeen) {
  PrefixCache cache(1000);
  EXPECT_EQ(cache.admit("m", prompt(4)), 0U);
  EXPECT_EQ(cache.admit("m", prompt(4)), 64U);
  EXPECT_EQ(cache.admit("m", prompt(2)), 32U);
  EXPECT_EQ(cache.admit("other", prompt(4)), 0U);
}

TEST(PrefixCache, KnowsTheCommonPartOnly) {
  PrefixCache cache(1000);
  cache.admit("m", prompt(2) + prompt(4, 'b'));
  EXPECT_EQ(cache.admit("m", prompt(2) + prompt(4, 'c')), 32U);
  EXPECT_EQ(cache.admit("m", "x" + prompt(4)), 0U) << "one byte before changes all that follows";
}

TEST(PrefixCache, TheLastByteIsAlwaysComputed) {
  PrefixCache cache(1000);
  const std::string whole = prompt(2).substr(0, 2 * PrefixCache::kBlockBytes);
  cache.admit("m", whole);
  EXPECT_EQ(cache.admit("m", whole), 16U);
  EXPECT_EQ(cache.admit("m", ""), 0U);
}

TEST(PrefixCache, ForgetsWhatWasUsedLongestAgo) {
  PrefixCache cache(4 * PrefixCache::kBlockTokens);
  cache.admit("m", prompt(2, 'a'));
  cache.admit("m", prompt(2, 'b'));
  EXPECT_EQ(cache.admit("m", prompt(2, 'a')), 32U);
  cache.admit("m", prompt(2, 'c'));
  EXPECT_EQ(cache.admit("m", prompt(2, 'a')), 32U);
  EXPECT_EQ(cache.admit("m", prompt(2, 'b')), 0U);
}

TEST(PrefixCache, WithoutRoomItKnowsNothing) {
  PrefixCache cache(0);
  cache.admit("m", prompt(4));
  EXPECT_EQ(cache.admit("m", prompt(4)), 0U);
}

}  // namespace
}  // namespace sim
