#include "policy/api_keys.hpp"

#include <string>

#include <gtest/gtest.h>

namespace policy {
namespace {

ApiKeys two_keys() {
  const std::array keys = {config::Secret("sk-first-0123456789abcdef"),
                           config::Secret("sk-second")};
  return ApiKeys(keys);
}

TEST(ApiKeys, AcceptsEachKeyAndNothingElse) {
  const ApiKeys keys = two_keys();
  EXPECT_TRUE(keys.accepts("sk-first-0123456789abcdef"));
  EXPECT_TRUE(keys.accepts("sk-second"));
  for (const char* wrong : {"", " ", "sk-first-0123456789abcdeF", "sk-first-0123456789abcde",
                            "sk-second ", "' OR '1'='1"}) {
    EXPECT_FALSE(keys.accepts(wrong)) << wrong;
  }
  EXPECT_FALSE(keys.accepts(std::string(8192, 'k')));
}

TEST(ApiKeys, IsOpenOnlyWithoutKeys) {
  EXPECT_TRUE(ApiKeys({}).open());
  EXPECT_FALSE(two_keys().open());
  EXPECT_FALSE(ApiKeys({}).accepts(""));
}

TEST(BearerToken, TakesTheTokenOfThatSchemeOnly) {
  EXPECT_EQ(bearer_token("Bearer abc"), "abc");
  EXPECT_EQ(bearer_token("bearer  abc"), "abc");
  EXPECT_EQ(bearer_token("Basic abc"), std::nullopt);
  EXPECT_EQ(bearer_token("Bearer"), std::nullopt);
  EXPECT_EQ(bearer_token("Bearer "), std::nullopt);
  EXPECT_EQ(bearer_token(""), std::nullopt);
}

}  // namespace
}  // namespace policy
