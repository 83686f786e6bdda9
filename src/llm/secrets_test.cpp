#include "llm/secrets.hpp"

#include <array>
#include <string_view>

#include <gtest/gtest.h>

namespace llm {
namespace {

TEST(Mask, HidesEveryOccurrence) {
  const std::array<std::string_view, 2> secrets = {"sk-1", "pass word"};
  EXPECT_EQ(mask("Bearer sk-1, sk-1sk-1; pass word!", secrets), "Bearer ***, ******; ***!");
  EXPECT_EQ(mask("nothing here, sk-", secrets), "nothing here, sk-");
  EXPECT_EQ(mask("", secrets), "");
}

TEST(Mask, TheLongestSecretWins) {
  const std::array<std::string_view, 3> secrets = {"abc", "abcdef", "def"};
  EXPECT_EQ(mask("abcdef", secrets), "***");
  EXPECT_EQ(mask("abcdeX", secrets), "***deX");
}

TEST(Mask, AnEmptySecretIsNone) {
  const std::array<std::string_view, 1> secrets = {""};
  EXPECT_EQ(mask("text", secrets), "text");
  EXPECT_FALSE(holds_secret("text", secrets));
}

TEST(HoldsSecret, ComparesBytes) {
  const std::array<std::string_view, 1> secrets = {"key"};
  EXPECT_TRUE(holds_secret("a key!", secrets));
  EXPECT_FALSE(holds_secret("a KEY!", secrets));
  EXPECT_FALSE(holds_secret("a key!", {}));
}

}  // namespace
}  // namespace llm
