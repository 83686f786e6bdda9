#include "config/findings.hpp"

#include <string>

#include <gtest/gtest.h>

namespace config {
namespace {

TEST(Findings, AreToldInTheOrderOfTheDocument) {
  Findings findings("c.yaml");
  findings.error({10, 1}, "third");
  findings.warning({2, 7}, "second");
  findings.error({2, 5}, "first");
  findings.error({}, "of the whole");
  std::string all;
  for (const Diagnostic& diagnostic : findings.take())
    all += diagnostic.to_string() + "\n";
  EXPECT_EQ(all,
            "c.yaml: error: of the whole\n"
            "c.yaml:2:5: error: first\n"
            "c.yaml:2:7: warning: second\n"
            "c.yaml:10:1: error: third\n");
}

TEST(Findings, AtOnePlaceTheOrderIsStillTheSameEachTime) {
  Findings findings("f");
  findings.error({1, 1}, "b");
  findings.error({1, 1}, "a");
  const auto taken = findings.take();
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].message, "a");
}

}  // namespace
}  // namespace config
