#include "io/timer_wheel.hpp"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace io {
namespace {

using std::chrono::milliseconds;
const base::Instant kStart{};

class Recorder final : public Timer {
 public:
  bool fired = false;

 private:
  void expired() override { fired = true; }
};

TEST(TimerWheel, NeverFiresEarlyAndAtMostOneTickLate) {
  base::Random random(1);
  TimerWheel wheel(kStart);
  struct Entry {
    Recorder timer;
    base::Instant due;
  };
  std::vector<std::unique_ptr<Entry>> entries;
  base::Instant now = kStart;
  for (int step = 0; step < 3000; ++step) {
    if (random.unit() < 0.3) {
      auto entry = std::make_unique<Entry>();
      const double reach = std::array{0.05, 2.0, 100.0, 10'000.0, 400'000.0}[random.next() % 5];
      entry->due = now + milliseconds(static_cast<int>(random.unit() * reach * 1000));
      wheel.set(entry->timer, entry->due);
      entries.push_back(std::move(entry));
    }
    now += milliseconds(static_cast<int>(random.unit() * (step % 100 == 0 ? 90'000 : 40)));
    wheel.advance(now);
    std::erase_if(entries, [&](const auto& entry) {
      if (entry->timer.fired) {
        EXPECT_LE(entry->due, now);
      } else {
        EXPECT_GT(entry->due + TimerWheel::kTick, now);
      }
      return entry->timer.fired;
    });
    if (!entries.empty()) {
      auto earliest = base::kNever;
      for (const auto& entry : entries)
        earliest = std::min(earliest, entry->due);
      ASSERT_LE(wheel.next(), earliest + 2 * TimerWheel::kTick);
    } else {
      ASSERT_EQ(wheel.next(), base::kNever);
    }
  }
}

TEST(TimerWheel, CancelledOrMovedTimersDoNotFire) {
  TimerWheel wheel(kStart);
  Recorder cancelled;
  Recorder moved;
  wheel.set(cancelled, kStart + milliseconds(100));
  wheel.set(moved, kStart + milliseconds(100));
  wheel.set(moved, kStart + milliseconds(300));
  cancelled.cancel();
  wheel.advance(kStart + milliseconds(200));
  EXPECT_FALSE(cancelled.fired);
  EXPECT_FALSE(moved.fired);
  wheel.advance(kStart + milliseconds(320));
  EXPECT_TRUE(moved.fired);
}

TEST(TimerWheel, NeverMeansNotArmed) {
  TimerWheel wheel(kStart);
  Recorder timer;
  wheel.set(timer, base::kNever);
  EXPECT_FALSE(timer.armed());
  EXPECT_EQ(wheel.next(), base::kNever);
}

TEST(TimerWheel, AnExpiringTimerMayCancelItsNeighbour) {
  class Canceller final : public Timer {
   public:
    explicit Canceller(Timer& other) : other_(other) {}

   private:
    void expired() override { other_.cancel(); }
    Timer& other_;
  };
  TimerWheel wheel(kStart);
  Recorder victim;
  Canceller canceller(victim);
  wheel.set(victim, kStart + milliseconds(50));
  wheel.set(canceller, kStart + milliseconds(50));  // same slot, in front of the victim
  wheel.advance(kStart + milliseconds(100));
  EXPECT_FALSE(victim.fired);
}

}  // namespace
}  // namespace io
