#include "json/search.hpp"

#include <string>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace json {
namespace {

template <class Block>
class ContainsQuotedTest : public testing::Test {};

using Blocks = testing::Types<block::Swar, block::Native>;
TYPED_TEST_SUITE(ContainsQuotedTest, Blocks);

TYPED_TEST(ContainsQuotedTest, FindsItAtEveryPlaceOfEveryLength) {
  constexpr std::string_view kQuoted = "\"error\"";
  for (std::size_t size = kQuoted.size(); size < 70; ++size) {
    for (std::size_t at = 0; at + kQuoted.size() <= size; ++at) {
      std::string text(size, '"');
      text.replace(at, kQuoted.size(), kQuoted);
      ASSERT_TRUE(contains_quoted<TypeParam>(text, "error")) << text;
    }
  }
}

TYPED_TEST(ContainsQuotedTest, DoesNotFindWhatIsNearlyIt) {
  for (const std::string_view near : {"\"errors\"", "\"erro\"", "error", "\"error", "error\"",
                                      "\"Error\"", "\"err\"r\"", "", "\"", "\"\""}) {
    const std::string padded = std::string(40, ' ') + std::string(near) + std::string(40, ' ');
    EXPECT_FALSE(contains_quoted<TypeParam>(near, "error")) << near;
    EXPECT_FALSE(contains_quoted<TypeParam>(padded, "error")) << near;
  }
}

TYPED_TEST(ContainsQuotedTest, AgreesWithThePlainSearch) {
  constexpr std::string_view kBytes = "\"\"\"ab";
  base::Random random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t size = random.next() % 60; size > 0; --size)
      text.push_back(kBytes[random.next() % kBytes.size()]);
    for (const std::string_view word : {"", "a", "ab", "a\"b"}) {
      const std::string quoted = "\"" + std::string(word) + "\"";
      ASSERT_EQ(contains_quoted<TypeParam>(text, word), text.contains(quoted)) << text;
    }
  }
}

}  // namespace
}  // namespace json
