#include "io/loop.hpp"

#include <stdexcept>
#include <thread>
#include <vector>

#include "io/testing.hpp"

namespace io {
namespace {

using namespace std::chrono_literals;

/// Says when it is destroyed.
struct Witness {
  explicit Witness(std::vector<std::string>& order, std::string what)
      : gone(order), name(std::move(what)) {}
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;
  ~Witness() { gone.push_back(name); }

  std::vector<std::string>& gone;
  std::string name;
};

class LoopTest : public testing::LoopTest {
 protected:
  template <class Name>
  Task<void> scenario();

  Task<void> sleep_for_ever(std::string name) {
    const Witness witness(gone, std::move(name));
    started = true;
    co_await sleep_until(loop, base::kNever);
    ADD_FAILURE() << "woke from a sleep without end";
  }
  Task<void> nest() {
    const Witness witness(gone, "outer");
    co_await sleep_for_ever("inner");
  }
  static Task<void> fail() {
    throw std::bad_alloc();
    co_return;
  }
  Task<int> fail_later() {
    co_await sleep_until(loop, loop.now() + 1ms);
    throw std::bad_alloc();
  }
  Task<void> note_failure(bool& caught) {
    try {
      co_await fail_later();
    } catch (const std::bad_alloc&) {
      caught = true;
    }
  }
  Task<void> note_after(base::Duration pause, std::string name) {
    co_await sleep_until(loop, loop.now() + pause);
    gone.push_back(std::move(name));
  }
  static Task<int> at_once(int value) { co_return value; }

  std::vector<std::string> gone;
  bool started = false;
};

CO_TEST_F(LoopTest, PostRunsOnTheLoopsThreadInOrder) {
  std::vector<int> order;
  std::thread::id where;
  std::thread other([&] {
    for (int i = 0; i < 3; ++i) {
      loop.post([&, i] {
        order.push_back(i);
        where = std::this_thread::get_id();
      });
    }
  });
  EXPECT_TRUE(co_await eventually([&] { return order.size() == 3; }));
  other.join();
  EXPECT_EQ(order, (std::vector{0, 1, 2}));
  EXPECT_EQ(where, std::this_thread::get_id());
}

CO_TEST_F(LoopTest, PostedWorkMayPost) {
  bool second = false;
  loop.post([&] { loop.post([&] { second = true; }); });
  EXPECT_TRUE(co_await eventually([&] { return second; }));
}

CO_TEST_F(LoopTest, PostedWorkThatThrowsEndsAlone) {
  bool next = false;
  loop.post([] { throw std::bad_alloc(); });
  loop.post([&] { next = true; });
  EXPECT_TRUE(co_await eventually([&] { return next; }));
  EXPECT_EQ(loop.failures(), 1U);
}

TEST_F(LoopTest, WorkPostedAfterTheEndIsDropped) {
  bool ran = false;
  std::shared_ptr<Mailbox> mailbox;
  {
    Loop short_lived;
    mailbox = short_lived.mailbox();
    short_lived.stop();
    short_lived.run();
  }
  mailbox->post([&] { ran = true; });
  mailbox.reset();
  EXPECT_FALSE(ran);
}

TEST_F(LoopTest, SpawnRunsToTheFirstSuspensionAtOnce) {
  loop.spawn(sleep_for_ever("it"));
  EXPECT_TRUE(started);
  loop.stop();
  loop.run();
}

TEST_F(LoopTest, TheEndDestroysWhatIsSuspendedInnermostFirst) {
  loop.spawn(nest());
  loop.stop();
  loop.run();
  EXPECT_EQ(gone, (std::vector<std::string>{"inner", "outer"}));
  EXPECT_EQ(loop.failures(), 0U);
}

TEST_F(LoopTest, AnExceptionEndsItsCoroutineAloneAndIsCounted) {
  loop.spawn(sleep_for_ever("other"));
  loop.spawn(fail());
  EXPECT_EQ(loop.failures(), 1U);
  EXPECT_TRUE(gone.empty());
  loop.stop();
  loop.run();
}

CO_TEST_F(LoopTest, AnExceptionReachesWhoAwaits) {
  bool caught = false;
  co_await note_failure(caught);
  EXPECT_TRUE(caught);
  EXPECT_EQ(loop.failures(), 0U);
}

CO_TEST_F(LoopTest, SleepersWakeInTheOrderOfTheirDeadlines) {
  loop.spawn(note_after(60ms, "late"));
  loop.spawn(note_after(20ms, "early"));
  const auto start = loop.now();
  EXPECT_TRUE(co_await eventually([&] { return gone.size() == 2; }));
  EXPECT_EQ(gone, (std::vector<std::string>{"early", "late"}));
  EXPECT_GE(loop.now() - start, 60ms);
}

CO_TEST_F(LoopTest, AwaitsInALoopTakeNoStack) {
  std::int64_t sum = 0;
  for (int i = 0; i < 200'000; ++i)
    sum += co_await at_once(1);
  EXPECT_EQ(sum, 200'000);
}

/// Destroys another descriptor when its own has something to read.
struct Destroyer final : Waiter {
  void wake(Wake /*reason*/) override {
    ++woken;
    victim.reset();
  }
  std::unique_ptr<Descriptor>& victim;
  int& woken;
  Destroyer(std::unique_ptr<Descriptor>& v, int& w) : victim(v), woken(w) {}
};

CO_TEST_F(LoopTest, AShareIsSpentByManyPiecesOrByManyBytes) {
  co_await loop.yield();
  EXPECT_FALSE(loop.share_spent());
  loop.spent(1 << 20);
  EXPECT_TRUE(loop.share_spent());
  co_await loop.yield();
  int pieces = 0;
  while (!loop.share_spent() && pieces < 1000)
    ++pieces;
  EXPECT_GT(pieces, 8);
  EXPECT_LT(pieces, 1000);
  co_await loop.yield();
  EXPECT_FALSE(loop.share_spent());
}

CO_TEST_F(LoopTest, ADescriptorDestroyedWithinABatchIsNotTold) {
  testing::TcpPair first;
  testing::TcpPair second;
  first.peer.send("x");
  second.peer.send("x");
  int woken = 0;
  auto a = std::make_unique<Descriptor>(loop, first.ours);
  auto b = std::make_unique<Descriptor>(loop, second.ours);
  Destroyer kills_b(b, woken);
  Destroyer kills_a(a, woken);
  a->on_readable(&kills_b);
  b->on_readable(&kills_a);
  EXPECT_TRUE(co_await eventually([&] { return woken > 0; }));
  co_await sleep_until(loop, loop.now() + 20ms);
  EXPECT_EQ(woken, 1);
  EXPECT_NE(a == nullptr, b == nullptr);
}

CO_TEST_F(LoopTest, ADescriptorMayDestroyItself) {
  testing::TcpPair pair;
  pair.peer.send("x");
  int woken = 0;
  auto descriptor = std::make_unique<Descriptor>(loop, pair.ours);
  Destroyer kills_itself(descriptor, woken);
  descriptor->on_readable(&kills_itself);
  EXPECT_TRUE(co_await eventually([&] { return woken > 0; }));
  EXPECT_EQ(descriptor, nullptr);
}

CO_TEST_F(LoopTest, RemembersReadinessAndHangUp) {
  testing::TcpPair pair;
  const Descriptor descriptor(loop, pair.ours);
  EXPECT_TRUE(co_await eventually([&] { return descriptor.writable(); }));
  EXPECT_FALSE(descriptor.readable());
  pair.peer.send("x");
  EXPECT_TRUE(co_await eventually([&] { return descriptor.readable(); }));
  EXPECT_FALSE(descriptor.hung_up());
  pair.peer.close();
  EXPECT_TRUE(co_await eventually([&] { return descriptor.hung_up(); }));
}

TEST_F(LoopTest, ADescriptorThatCannotBeWatchedIsInvalidAndClosed) {
  const int fd = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);  // epoll refuses files
  const Descriptor descriptor(loop, fd);
  EXPECT_FALSE(descriptor.valid());
  EXPECT_EQ(::fcntl(fd, F_GETFD), -1);
}

}  // namespace
}  // namespace io
