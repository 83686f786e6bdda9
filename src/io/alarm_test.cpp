#include "io/alarm.hpp"

#include "io/testing.hpp"

namespace io {
namespace {

using namespace std::chrono_literals;

class AlarmTest : public testing::LoopTest {
 protected:
  template <class Name>
  Task<void> scenario();

  Task<void> sleep(base::Instant until) {
    co_await alarm.until(until);
    ++woken;
  }

  Alarm alarm{loop};
  int woken = 0;
};

CO_TEST_F(AlarmTest, WakesByItself) {
  const auto until = loop.now() + 20ms;
  co_await alarm.until(until);
  EXPECT_GE(loop.now(), until);
}

CO_TEST_F(AlarmTest, RingsTheSleeperAtOnceAndOnce) {
  loop.spawn(sleep(loop.now() + 20ms));
  EXPECT_EQ(woken, 0);
  alarm.ring();
  EXPECT_EQ(woken, 1);
  alarm.ring();
  co_await sleep_until(loop, loop.now() + 60ms);
  EXPECT_EQ(woken, 1);
}

CO_TEST_F(AlarmTest, RingingNobodyIsNotRemembered) {
  alarm.ring();
  loop.spawn(sleep(base::kNever));
  co_await sleep_until(loop, loop.now() + 20ms);
  EXPECT_EQ(woken, 0);
}

CO_TEST_F(AlarmTest, AMomentThatHasPassedIsSoon) {
  loop.spawn(sleep(loop.now() - 1s));
  EXPECT_TRUE(co_await eventually([&] { return woken == 1; }));
}

}  // namespace
}  // namespace io
