#include "io/resolver.hpp"

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>

#include "io/testing.hpp"

namespace io {
namespace {

using namespace std::chrono_literals;

/// A system whose look-ups take until they are answered.
class System {
 public:
  [[nodiscard]] Resolver::LookUp look_up() const {
    return [state = state_](const std::string&, std::uint16_t) {
      ++state->begun;
      std::unique_lock lock(state->mutex);
      state->changed.wait_for(lock, testing::kLimit, [&] { return state->answer.has_value(); });
      return state->answer.value_or(std::unexpected("never answered"));
    };
  }
  /// For the look-ups that wait and all after them.
  void answer(LookedUp answer) const {
    const std::lock_guard lock(state_->mutex);
    state_->answer = std::move(answer);
    state_->changed.notify_all();
  }
  [[nodiscard]] int begun() const { return state_->begun; }

 private:
  struct State {
    std::atomic<int> begun = 0;
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<LookedUp> answer;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

class ResolverTest : public testing::LoopTest {
 protected:
  template <class Name>
  Task<void> scenario();

  Task<void> ask(std::vector<Resolved>& answers, std::string host, Guard guard = {}) {
    answers.push_back(co_await resolver.resolve(std::move(host), 80, guard));
  }

  /// No name server is asked for a name longer than 255 bytes (RFC 1035, 2.3.4).
  const std::string impossible = std::string(300, 'a');
  const Address somewhere = *Address::parse("192.0.2.7", 80);
  System system;
  Resolver real{loop};
  Resolver resolver{loop, system.look_up()};
};

CO_TEST_F(ResolverTest, LiteralsNeedNoLookUp) {
  const auto v4 = co_await resolver.resolve("192.0.2.7", 80, {.deadline = loop.now()});
  CO_ASSERT(v4 && v4->size() == 1);
  EXPECT_EQ(v4->front().to_string(), "192.0.2.7:80");
  const auto v6 = co_await resolver.resolve("2001:db8::1", 443, {.deadline = loop.now()});
  CO_ASSERT(v6 && v6->size() == 1);
  EXPECT_EQ(v6->front().to_string(), "[2001:db8::1]:443");
  EXPECT_EQ(system.begun(), 0);
}

CO_TEST_F(ResolverTest, FindsLocalhost) {
  const auto found = co_await real.resolve("localhost", 8080, {});
  CO_ASSERT(found.has_value() && !found->empty());
  for (const Address& address : *found) {
    EXPECT_TRUE(address.is_loopback()) << address.to_string();
    EXPECT_EQ(address.port(), 8080);
  }
}

/// Else SIGTERM, delivered to a look-up that hangs, would end the process without a drain.
CO_TEST_F(ResolverTest, ItsThreadsTakeNoSignals) {
  const auto look_up = [](const std::string&, std::uint16_t) -> LookedUp {
    sigset_t blocked;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    return std::unexpected(::sigismember(&blocked, SIGTERM) == 1 ? "blocked" : "open");
  };
  Resolver own(loop, look_up);
  const auto resolved = co_await own.resolve("name", 1, {loop.now() + testing::kLimit});
  EXPECT_EQ(resolved.error().reason, "blocked");
}

CO_TEST_F(ResolverTest, AFailureIsTheResolversText) {
  const auto found = co_await real.resolve(impossible, 80, {});
  CO_ASSERT(!found);
  EXPECT_EQ(found.error().wake, Wake::ready);
  EXPECT_FALSE(found.error().reason.empty());
}

// ## One look-up for all who ask

CO_TEST_F(ResolverTest, WhoeverAsksMeanwhileWaitsForTheSameAnswer) {
  std::vector<Resolved> answers;
  for (int i = 0; i < 50; ++i)
    loop.spawn(ask(answers, "name.test"));
  EXPECT_TRUE(co_await eventually([&] { return system.begun() == 1; }));
  EXPECT_TRUE(answers.empty());
  system.answer(std::vector{somewhere});
  EXPECT_TRUE(co_await eventually([&] { return answers.size() == 50; }));
  for (const Resolved& answer : answers)
    EXPECT_TRUE(answer && answer->front().to_string() == "192.0.2.7:80");
  EXPECT_EQ(system.begun(), 1);
}

CO_TEST_F(ResolverTest, OtherNamesAndPortsHaveTheirOwn) {
  system.answer(std::vector{somewhere});
  EXPECT_TRUE(co_await resolver.resolve("one.test", 80, {}));
  EXPECT_TRUE(co_await resolver.resolve("two.test", 80, {}));
  EXPECT_TRUE(co_await resolver.resolve("two.test", 81, {}));
  EXPECT_EQ(system.begun(), 3);
}

CO_TEST_F(ResolverTest, AnAnswerIsKeptForASecond) {
  for (const bool good : {false, true}) {
    const int before = system.begun();
    const std::string name = good ? "good.test" : "bad.test";
    system.answer(good ? LookedUp(std::vector{somewhere}) : std::unexpected("unknown"));
    EXPECT_EQ((co_await resolver.resolve(name, 80, {})).has_value(), good);
    const auto answered = loop.now();
    while (system.begun() == before + 1 && loop.now() < answered + testing::kLimit / 2) {
      EXPECT_EQ((co_await resolver.resolve(name, 80, {})).has_value(), good);
      co_await sleep_until(loop, loop.now() + 5ms);
    }
    EXPECT_EQ(system.begun(), before + 2);
    EXPECT_GE(loop.now(), answered + 1s);
  }
}

// ## The wait ends with the guard

CO_TEST_F(ResolverTest, WaitsUntilTheDeadlineOnly) {
  const auto late = co_await resolver.resolve("name.test", 80, {.deadline = loop.now() + 20ms});
  CO_ASSERT(!late);
  EXPECT_EQ(late.error().wake, Wake::deadline);
  EXPECT_FALSE(co_await resolver.resolve("name.test", 80, {.deadline = loop.now()}));
  EXPECT_TRUE(co_await eventually([&] { return system.begun() == 1; }));
  // The look-up goes on, and who asks next gets its answer.
  system.answer(std::vector{somewhere});
  EXPECT_TRUE(co_await resolver.resolve("name.test", 80, {}));
  EXPECT_EQ(system.begun(), 1);
}

CO_TEST_F(ResolverTest, AClientThatLeavesIsNoticed) {
  testing::TcpPair client;
  Descriptor watched(loop, client.ours);
  std::vector<Resolved> answers;
  loop.spawn(ask(answers, "name.test", {.watched = &watched}));
  EXPECT_TRUE(answers.empty());
  client.peer.close();
  EXPECT_TRUE(co_await eventually([&] { return answers.size() == 1; }));
  EXPECT_EQ(answers.at(0).error().wake, Wake::departed);
  EXPECT_EQ((co_await resolver.resolve("name.test", 80, {.watched = &watched})).error().wake,
            Wake::departed);
  system.answer(std::vector{somewhere});  // nobody is left to be told
  EXPECT_TRUE(co_await resolver.resolve("name.test", 80, {}));
}

CO_TEST_F(ResolverTest, DeadlineAndAnswerMayMeet) {
  // Whichever is first, the answer or the deadline: neither may touch what is gone.
  for (int i = 0; i < 20; ++i) {
    Resolver each(loop);
    const auto found = co_await each.resolve("localhost", 80, {.deadline = loop.now() + 1ns});
    EXPECT_TRUE(found || found.error().wake == Wake::deadline);
  }
}

TEST_F(ResolverTest, MayOutliveTheLoop) {
  std::vector<Resolved> answers;
  loop.spawn(ask(answers, "name.test"));
  loop.spawn(ask(answers, "name.test"));
  loop.stop();
  loop.run();
  EXPECT_TRUE(answers.empty());
  system.answer(std::vector{somewhere});
}

TEST(LookUp, BlocksForStartUp) {
  EXPECT_EQ(look_up("127.0.0.1", 1)->front().to_string(), "127.0.0.1:1");
  EXPECT_TRUE(look_up("localhost", 1));
  EXPECT_FALSE(look_up(std::string(300, 'a'), 1));
}

}  // namespace
}  // namespace io
