#include "io/wait.hpp"

#include "io/testing.hpp"

namespace io {
namespace {

using namespace std::chrono_literals;

/// A descriptor to wait on, and another whose peer may leave.
class WaitTest : public testing::LoopTest {
 protected:
  template <class Name>
  Task<void> scenario();

  Task<void> note(Interest interest, Guard guard, std::optional<Wake>& reason) {
    reason = co_await Wait(descriptor, interest, guard);
  }
  Task<void> note_sleep(Guard guard, std::optional<Wake>& reason) {
    reason = co_await Wait(loop, guard);
  }
  base::Instant soon() const { return loop.now() + 20ms; }
  base::Instant past() const { return loop.now() - 1s; }

  testing::TcpPair pair;
  testing::TcpPair client;
  Descriptor descriptor{loop, pair.ours};
  Descriptor watched{loop, client.ours};
};

CO_TEST_F(WaitTest, ReadyWhenBytesCome) {
  std::optional<Wake> reason;
  loop.spawn(note(Interest::read, {}, reason));
  EXPECT_FALSE(reason);
  pair.peer.send("x");
  EXPECT_TRUE(co_await eventually([&] { return reason.has_value(); }));
  EXPECT_EQ(*reason, Wake::ready);
}

CO_TEST_F(WaitTest, WhatIsReadyDoesNotSuspend) {
  pair.peer.send("x");
  EXPECT_TRUE(co_await eventually([&] { return descriptor.readable(); }));
  std::optional<Wake> reason;
  loop.spawn(note(Interest::read, {}, reason));
  EXPECT_EQ(reason, Wake::ready);
}

CO_TEST_F(WaitTest, ReadinessIsNotForgottenUntilDrained) {
  pair.peer.send("x");
  EXPECT_EQ(co_await Wait(descriptor, Interest::read, {}), Wake::ready);
  EXPECT_EQ(co_await Wait(descriptor, Interest::read, {}), Wake::ready);
  descriptor.drained();
  EXPECT_EQ(co_await Wait(descriptor, Interest::read, {.deadline = soon()}), Wake::deadline);
}

CO_TEST_F(WaitTest, EitherIsWhicheverComesFirst) {
  EXPECT_TRUE(co_await eventually([&] { return descriptor.writable(); }));
  EXPECT_EQ(co_await Wait(descriptor, Interest::either, {.deadline = past()}), Wake::ready);
  descriptor.filled();
  std::optional<Wake> reason;
  loop.spawn(note(Interest::either, {}, reason));
  EXPECT_FALSE(reason);
  pair.peer.send("x");
  EXPECT_TRUE(co_await eventually([&] { return reason.has_value(); }));
  EXPECT_EQ(*reason, Wake::ready);
}

CO_TEST_F(WaitTest, TheDeadlineEndsTheWaitNeverEarly) {
  const auto deadline = soon();
  EXPECT_EQ(co_await Wait(descriptor, Interest::read, {.deadline = deadline}), Wake::deadline);
  EXPECT_GE(loop.now(), deadline);
}

CO_TEST_F(WaitTest, ADeadlineThatHasPassedEndsItAtOnce) {
  std::optional<Wake> reason;
  loop.spawn(note(Interest::read, {.deadline = past()}, reason));
  EXPECT_EQ(reason, Wake::deadline);
  co_return;
}

CO_TEST_F(WaitTest, ReadinessWinsOverADeadlineThatHasPassed) {
  pair.peer.send("x");
  EXPECT_TRUE(co_await eventually([&] { return descriptor.readable(); }));
  EXPECT_EQ(co_await Wait(descriptor, Interest::read, {.deadline = past()}), Wake::ready);
}

CO_TEST_F(WaitTest, DepartureEndsTheWait) {
  std::optional<Wake> reason;
  loop.spawn(note(Interest::read, {.watched = &watched}, reason));
  client.peer.send("pipelined bytes are no departure");
  EXPECT_TRUE(co_await eventually([&] { return watched.readable(); }));
  EXPECT_FALSE(reason);
  client.peer.close();
  EXPECT_TRUE(co_await eventually([&] { return reason.has_value(); }));
  EXPECT_EQ(*reason, Wake::departed);
}

CO_TEST_F(WaitTest, AResetIsADeparture) {
  std::optional<Wake> reason;
  loop.spawn(note(Interest::read, {.watched = &watched}, reason));
  client.peer.reset();
  EXPECT_TRUE(co_await eventually([&] { return reason.has_value(); }));
  EXPECT_EQ(*reason, Wake::departed);
}

CO_TEST_F(WaitTest, DepartureWinsOverReadinessAndDeadline) {
  client.peer.close();
  pair.peer.send("x");
  EXPECT_TRUE(co_await eventually([&] { return watched.hung_up() && descriptor.readable(); }));
  const Guard guard{.deadline = past(), .watched = &watched};
  EXPECT_EQ(co_await Wait(descriptor, Interest::read, guard), Wake::departed);
}

CO_TEST_F(WaitTest, AWriterLearnsThatItsOwnPeerHasLeft) {
  EXPECT_TRUE(co_await eventually([&] { return descriptor.writable(); }));
  descriptor.filled();
  std::optional<Wake> reason;
  loop.spawn(note(Interest::write, {.watched = &descriptor}, reason));
  pair.peer.close();
  EXPECT_TRUE(co_await eventually([&] { return reason.has_value(); }));
  EXPECT_EQ(*reason, Wake::departed);
}

CO_TEST_F(WaitTest, ASleepCanBeCutShortByDeparture) {
  std::optional<Wake> reason;
  loop.spawn(note_sleep({.watched = &watched}, reason));
  client.peer.close();
  EXPECT_TRUE(co_await eventually([&] { return reason.has_value(); }));
  EXPECT_EQ(*reason, Wake::departed);
}

CO_TEST_F(WaitTest, NothingOfAWaitOutlivesIt) {
  const Guard guard{.deadline = soon(), .watched = &watched};
  EXPECT_EQ(co_await Wait(descriptor, Interest::either, guard), Wake::ready);
  descriptor.filled();
  EXPECT_EQ(co_await Wait(descriptor, Interest::read, guard), Wake::deadline);
  // Would resume the coroutine out of turn if the descriptors or the wheel still knew the waits.
  pair.peer.send("x");
  client.peer.close();
  EXPECT_TRUE(co_await eventually([&] { return watched.hung_up() && descriptor.readable(); }));
}

}  // namespace
}  // namespace io
