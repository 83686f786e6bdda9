#include <algorithm>

#include <gmock/gmock.h>

#include "base/random.hpp"
#include "upstream/model_table_fixture.hpp"

// When a backend is asked, and what operators are told of it.

namespace upstream {
namespace {

using namespace std::chrono_literals;
using base::Instant;
using testing::ElementsAre;

TEST_F(ModelListTest, AsksAtOnceThenEveryInterval) {
  EXPECT_LE(list.next_refresh(), now);
  EXPECT_TRUE(answers({"a"}).changed);
  EXPECT_EQ(wait(), kInterval);
  wait_for_refresh();
  EXPECT_FALSE(answers({"a"}).changed);
  EXPECT_EQ(wait(), kInterval);
}

TEST_F(ModelListTest, SpreadsTheIntervalByATenth) {
  list.on_list(entries({"a"}), now, 0.0);
  EXPECT_NEAR(base::seconds(wait()), 270, 1e-6);
  list.on_list(entries({"a"}), now, 0.999'999'999);
  EXPECT_NEAR(base::seconds(wait()), 330, 1e-3);
}

TEST_F(ModelListTest, RetriesAFailureWithDoublingPauses) {
  std::vector<base::Duration> pauses;
  for (int i = 0; i < 8; ++i) {
    fails();
    pauses.push_back(wait());
    wait_for_refresh();
  }
  EXPECT_THAT(pauses, ElementsAre(1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s));
  answers({"a"});
  fails();
  EXPECT_EQ(wait(), 1s);
}

TEST_F(ModelListTest, NeverRetriesLaterThanTheInterval) {
  ModelList quick(5s);
  for (int i = 0; i < 100; ++i)
    quick.on_failure("refused", now, 1.0);
  EXPECT_EQ(quick.next_refresh() - now, 5s);
}

TEST_F(ModelListTest, SpreadsRetriesButNeverBeyondTheirPause) {
  list.on_failure("refused", now, 0.0);
  EXPECT_EQ(wait(), 800ms);
  list.on_failure("refused", now, 0.5);
  EXPECT_EQ(wait(), 1800ms);
}

TEST_F(ModelListTest, AMissingModelIsAskedForAtOnceButOnceASecond) {
  answers({"a"});
  now += 100s;
  list.on_model_missing(now);
  EXPECT_EQ(wait(), 0s);
  answers({"a"});
  EXPECT_EQ(wait(), kInterval);
  now += 400ms;
  list.on_model_missing(now);
  list.on_model_missing(now);
  EXPECT_EQ(wait(), 600ms);
}

TEST_F(ModelListTest, AMissingModelNeverPutsTheNextRefreshOff) {
  fails();
  const Instant due = list.next_refresh();
  now += 900ms;
  list.on_model_missing(now);
  EXPECT_EQ(list.next_refresh(), due);
}

TEST_F(ModelListTest, AMissingModelThatTheListOmitsIsGoneASecondLater) {
  answers({"a", "b", "c"});
  now += 60s;
  list.on_model_missing(now);
  wait_for_refresh();
  answers({"a", "b"});
  EXPECT_EQ(wait(), 1s);
  wait_for_refresh();
  answers({"a", "b"});
  EXPECT_THAT(ids(), ElementsAre("a", "b"));
}

TEST_F(ModelListTest, StatesForOperators) {
  EXPECT_EQ(state(), ListState::pending);
  EXPECT_EQ(list.last_good(), base::kNever);
  fails();
  EXPECT_EQ(state(), ListState::down);
  EXPECT_EQ(list.last_error(), "refused");
  answers({"a"});
  EXPECT_EQ(state(), ListState::up);
  EXPECT_EQ(list.last_error(), "");
  EXPECT_EQ(list.last_good(), now);
  const Instant good = now;
  for (const ListState expected : {ListState::up, ListState::up, ListState::stale}) {
    wait_for_refresh();
    fails();
    EXPECT_EQ(state(), expected);
  }
  EXPECT_EQ(list.last_good(), good);
  answers({"a"});
  EXPECT_EQ(state(), ListState::up);
}

TEST_F(ModelListTest, IsStaleWhenTwoIntervalsWentBy) {
  answers({"a"});
  now += 2 * kInterval;
  EXPECT_EQ(state(), ListState::up);
  now += 1ns;
  EXPECT_EQ(state(), ListState::stale);
}

TEST_F(ModelListTest, StatesHaveNames) {
  EXPECT_EQ(to_string(ListState::pending), "pending");
  EXPECT_EQ(to_string(ListState::up), "up");
  EXPECT_EQ(to_string(ListState::stale), "stale");
  EXPECT_EQ(to_string(ListState::down), "down");
}

// Whatever a backend does, a model goes only if two good lists in a row omit it, the second at
// least a second after the first; and the next refresh is always ahead, within an interval.
TEST_F(ModelListTest, HoldsItsPromisesForRandomBackends) {
  base::Random random(7);
  for (int run = 0; run < 200; ++run) {
    ModelList any(kInterval);
    std::vector<int> omissions(8, 0);
    std::vector<Instant> first_omitted(8);
    for (int step = 0; step < 60; ++step) {
      now = std::max(now + 1ms, any.next_refresh());
      if (random.unit() < 0.2) {
        any.on_failure("refused", now, random.unit());
        continue;
      }
      std::vector<std::string> listed;
      for (std::size_t i = 0; i < 8; ++i) {
        const bool is_listed = random.unit() < 0.7;
        if (is_listed) listed.push_back(numbered(8)[i]);
        if (!is_listed && omissions[i]++ == 0) first_omitted[i] = now;
        if (is_listed) omissions[i] = 0;
      }
      const auto before = any.models();
      any.on_list(entries(listed), now, random.unit());
      for (const auto& model : before) {
        const auto still = [&](const auto& other) { return other.id == model.id; };
        if (std::ranges::any_of(any.models(), still)) continue;
        const auto i = static_cast<std::size_t>(std::stoi(model.id.substr(1)) - 100);
        ASSERT_GE(omissions[i], 2);
        ASSERT_GE(now - first_omitted[i], 1s);
      }
      ASSERT_GT(any.next_refresh(), now);
      ASSERT_LE(any.next_refresh(), now + kInterval * 11 / 10);
    }
  }
}

}  // namespace
}  // namespace upstream
