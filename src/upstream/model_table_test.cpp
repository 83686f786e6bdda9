#include "upstream/model_table.hpp"

#include <gmock/gmock.h>

#include "upstream/model_table_fixture.hpp"

// What lists add and remove.

namespace upstream {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST_F(ModelListTest, SortsAndKeepsOneOfAnId) {
  list.on_list({{"b", "3"}, {"a", "2"}, {"b", "1"}}, now, 0.5);
  EXPECT_THAT(ids(), ElementsAre("a", "b"));
  EXPECT_EQ(list.models()[1].json, "1");
}

TEST_F(ModelListTest, TakesWhatIsNewOrChangedAtOnce) {
  answers({"a"});
  EXPECT_TRUE(answers({"b", "a"}).changed);
  EXPECT_THAT(ids(), ElementsAre("a", "b"));
  EXPECT_TRUE(list.on_list({{"a", "{}"}, {"b", "{}"}}, now, 0.5).changed);
  EXPECT_EQ(list.models()[0].json, "{}");
}

TEST_F(ModelListTest, AFailureRemovesNothing) {
  answers({"a", "b"});
  for (int i = 0; i < 1000; ++i) {
    wait_for_refresh();
    fails();
  }
  EXPECT_THAT(ids(), ElementsAre("a", "b"));
}

TEST_F(ModelListTest, RemovesAModelOnceASecondListASecondLaterAgrees) {
  answers({"a", "b", "c"});
  wait_for_refresh();
  const auto first = answers({"a", "b"});
  EXPECT_FALSE(first.changed);
  EXPECT_FALSE(first.suspect);
  EXPECT_EQ(first.vanished, 1U);
  EXPECT_THAT(ids(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(wait(), 1s);

  wait_for_refresh();
  const auto second = answers({"a", "b"});
  EXPECT_TRUE(second.changed);
  EXPECT_EQ(second.vanished, 0U);
  EXPECT_THAT(ids(), ElementsAre("a", "b"));
  EXPECT_EQ(wait(), kInterval);
}

TEST_F(ModelListTest, KeepsAModelThatTheSecondListHas) {
  answers({"a", "b", "c"});
  answers({"a", "b"});
  wait_for_refresh();
  EXPECT_FALSE(answers({"a", "b", "c"}).changed);
  EXPECT_EQ(wait(), kInterval);
  // Its absence is forgotten: the next one is a first one.
  wait_for_refresh();
  EXPECT_EQ(answers({"a", "b"}).vanished, 1U);
  EXPECT_THAT(ids(), ElementsAre("a", "b", "c"));
}

TEST_F(ModelListTest, AListTooSoonConfirmsNothing) {
  answers({"a", "b", "c"});
  answers({"a", "b"});
  now += 999ms;
  EXPECT_FALSE(answers({"a", "b"}).changed);
  EXPECT_EQ(wait(), 1ms);
  wait_for_refresh();
  EXPECT_TRUE(answers({"a", "b"}).changed);
}

TEST_F(ModelListTest, AFailureBetweenTheTwoListsNeitherRemovesNorForgives) {
  answers({"a", "b", "c"});
  answers({"a", "b"});
  wait_for_refresh();
  fails();
  EXPECT_THAT(ids(), ElementsAre("a", "b", "c"));
  wait_for_refresh();
  EXPECT_TRUE(answers({"a", "b"}).changed);
  EXPECT_THAT(ids(), ElementsAre("a", "b"));
}

TEST_F(ModelListTest, EachModelIsConfirmedByItself) {
  answers({"a", "b", "c", "d", "e"});
  answers({"a", "b", "c", "d"});
  wait_for_refresh();
  const auto second = answers({"a", "b", "c"});
  EXPECT_TRUE(second.changed);
  EXPECT_EQ(second.vanished, 1U);
  EXPECT_THAT(ids(), ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(wait(), 1s);
  wait_for_refresh();
  answers({"a", "b", "c"});
  EXPECT_THAT(ids(), ElementsAre("a", "b", "c"));
}

TEST_F(ModelListTest, TheUpdateOfAnAbsentModelComesWithItsReturn) {
  answers({"a", "b", "c"});
  answers({"a", "b", "new"});
  EXPECT_THAT(ids(), ElementsAre("a", "b", "c", "new"));
  EXPECT_EQ(list.models()[2].json, "{\"id\":\"c\"}");
}

TEST_F(ModelListTest, MoreThanHalfAtOnceIsSuspectAndWaitsForTheNextInterval) {
  answers({"a", "b", "c", "d", "e"});
  const auto first = answers({"a", "b"});
  EXPECT_TRUE(first.suspect);
  EXPECT_FALSE(first.changed);
  EXPECT_EQ(first.vanished, 3U);
  EXPECT_EQ(wait(), kInterval);

  wait_for_refresh();
  const auto second = answers({"a", "b"});
  EXPECT_FALSE(second.suspect);
  EXPECT_TRUE(second.changed);
  EXPECT_THAT(ids(), ElementsAre("a", "b"));
}

TEST_F(ModelListTest, ExactlyHalfIsNotSuspect) {
  answers({"a", "b", "c", "d"});
  EXPECT_FALSE(answers({"a", "b"}).suspect);
  EXPECT_EQ(wait(), 1s);
}

TEST_F(ModelListTest, NoListBeforeTheNextIntervalConfirmsASuspectOne) {
  answers({"a", "b", "c"});
  answers({"a"});
  for (int i = 0; i < 10; ++i) {
    now += 10s;
    list.on_model_missing(now);
    EXPECT_EQ(wait(), 0s);
    const auto again = answers({"a"});
    EXPECT_FALSE(again.changed);
    EXPECT_FALSE(again.suspect) << "said once";
  }
  EXPECT_THAT(ids(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(wait(), kInterval - 100s);
  wait_for_refresh();
  EXPECT_TRUE(answers({"a"}).changed);
}

TEST_F(ModelListTest, ASuspectListThatIsTakenBackCostsNothing) {
  answers({"a", "b", "c"});
  answers({"a"});
  wait_for_refresh();
  EXPECT_FALSE(answers({"a", "b", "c"}).changed);
  EXPECT_THAT(ids(), ElementsAre("a", "b", "c"));
}

TEST_F(ModelListTest, AnEmptyListIsSuspectAndThenBelieved) {
  answers({"a"});
  EXPECT_TRUE(answers({}).suspect);
  EXPECT_THAT(ids(), ElementsAre("a"));
  wait_for_refresh();
  EXPECT_TRUE(answers({}).changed);
  EXPECT_THAT(ids(), testing::IsEmpty());
  EXPECT_EQ(state(), ListState::up);
}

TEST_F(ModelListTest, AnEmptyFirstListIsNotSuspect) {
  const auto outcome = answers({});
  EXPECT_FALSE(outcome.suspect);
  EXPECT_FALSE(outcome.changed);
  EXPECT_EQ(wait(), kInterval);
}

// A backend that answers with 31 and 35 models in turn (two replicas behind one address, say).
TEST_F(ModelListTest, AFlappingListRemovesNothing) {
  answers(numbered(35));
  for (int i = 0; i < 100; ++i) {
    wait_for_refresh();
    EXPECT_FALSE(answers(numbered(i % 2 == 0 ? 31 : 35)).changed);
    EXPECT_EQ(wait(), i % 2 == 0 ? 1s : kInterval);
  }
  EXPECT_EQ(ids(), numbered(35));
}

TEST_F(ModelListTest, AHugeListIsTakenAndTakenBack) {
  std::vector<std::string> many;
  for (int i = 0; i < 100'000; ++i)
    many.push_back("model/" + std::to_string(1'000'000 + i));
  answers(many);
  EXPECT_EQ(list.models().size(), 100'000U);
  many.resize(60'000);
  answers(many);
  EXPECT_EQ(list.models().size(), 100'000U);
  wait_for_refresh();
  answers(many);
  EXPECT_EQ(ids(), many);
}

}  // namespace
}  // namespace upstream
