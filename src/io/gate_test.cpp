#include "io/gate.hpp"

#include "io/testing.hpp"

namespace io {
namespace {

using namespace std::chrono_literals;

class GateTest : public testing::LoopTest {
 protected:
  template <class Name>
  Task<void> scenario();

  Task<void> hold(base::Duration pause) {
    const auto pass = gate.enter();
    co_await sleep_until(loop, loop.now() + pause);
  }

  Gate gate;
};

TEST_F(GateTest, CountsWhatIsInside) {
  auto first = std::make_optional(gate.enter());
  auto second = std::make_optional(gate.enter());
  EXPECT_EQ(gate.inside(), 2U);
  const Gate::Pass moved = *std::move(first);
  first.reset();
  EXPECT_EQ(gate.inside(), 2U);
  second.reset();
  EXPECT_EQ(gate.inside(), 1U);
}

TEST_F(GateTest, StaysClosed) {
  EXPECT_FALSE(gate.closed());
  gate.close();
  EXPECT_TRUE(gate.closed());
}

CO_TEST_F(GateTest, EmptyIsEmptiedAtOnce) {
  EXPECT_TRUE(co_await gate.emptied(loop, loop.now() - 1s));
}

CO_TEST_F(GateTest, WaitsForTheLast) {
  loop.spawn(hold(5ms));
  loop.spawn(hold(40ms));
  EXPECT_TRUE(co_await gate.emptied(loop, base::kNever));
  EXPECT_EQ(gate.inside(), 0U);
}

CO_TEST_F(GateTest, GivesUpAtTheDeadline) {
  const auto pass = gate.enter();
  const auto deadline = loop.now() + 30ms;
  EXPECT_FALSE(co_await gate.emptied(loop, deadline));
  EXPECT_GE(loop.now(), deadline);
}

}  // namespace
}  // namespace io
