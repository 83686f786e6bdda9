#include "base/rate_gate.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace base {
namespace {

using namespace std::chrono_literals;

TEST(RateGate, LetsOneThroughPerInterval) {
  RateGate gate(1s);
  const Instant start{};
  EXPECT_TRUE(gate.allow(start));
  EXPECT_FALSE(gate.allow(start));
  EXPECT_FALSE(gate.allow(start + 999ms));
  EXPECT_TRUE(gate.allow(start + 1s));
  EXPECT_FALSE(gate.allow(start + 1500ms));
  EXPECT_TRUE(gate.allow(start + 1h));
}

TEST(RateGate, OnlyOneOfManyThreadsPasses) {
  RateGate gate(1s);
  std::atomic<int> passed = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 1000; ++k)
        passed += gate.allow(Instant{} + 5s) ? 1 : 0;
    });
  }
  threads.clear();
  EXPECT_EQ(passed, 1);
}

}  // namespace
}  // namespace base
