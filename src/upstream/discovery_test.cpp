#include "upstream/discovery.hpp"

#include <gmock/gmock.h>

#include "upstream/testing.hpp"

namespace upstream {
namespace {

using namespace std::chrono_literals;
using testing::answer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::model_list;

class DiscoveryTest : public testing::ConnectorFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  DiscoveryTest() {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    log = std::make_unique<base::Log>(base::Log::Options{.fd = nowhere});
    ::close(nowhere);
  }

  void discover(std::vector<EndpointPtr> endpoints, base::Duration interval = 300s) {
    discovery = std::make_unique<Discovery>(loop, *log, connector, std::move(endpoints), interval,
                                            1, [this](RoutingTablePtr published) {
                                              table = std::move(published);
                                              ++tables;
                                            });
    discovery->start();
  }

  [[nodiscard]] bool serves(std::string_view model) const {
    return table != nullptr && table->find(model) != nullptr;
  }
  [[nodiscard]] std::string state_of(std::size_t backend) const {
    return std::string(to_string(discovery->status().at(backend).state));
  }

  std::unique_ptr<base::Log> log;
  std::unique_ptr<Discovery> discovery;
  RoutingTablePtr table;
  int tables = 0;
};

CO_TEST_F(DiscoveryTest, TheTableIsTheUnionOnceAllHaveAnswered) {
  testing::Backend one(loop, [](auto&, auto) { return model_list({"a", "both"}); });
  testing::Backend two(loop, [](auto&, auto) { return model_list({"b", "both"}); });
  discover({testing::endpoint("one", one.url(), 0), testing::endpoint("two", two.url(), 1)});
  CO_ASSERT(table != nullptr);  // at once, though empty
  EXPECT_FALSE(table->settled);
  EXPECT_TRUE(table->clusters.empty());
  EXPECT_EQ(state_of(0), "pending");
  EXPECT_TRUE(co_await eventually([&] { return table->settled; }));
  EXPECT_TRUE(serves("a") && serves("b") && serves("both"));
  EXPECT_EQ(table->find("both")->endpoints.size(), 2U);
  EXPECT_EQ(state_of(0), "up");
  const auto status = discovery->status();
  EXPECT_THAT(status[0].models, ElementsAre("a", "both"));
  EXPECT_NE(status[0].last_good, base::kNever);
  EXPECT_EQ(status[0].failures, 0U);
}

CO_TEST_F(DiscoveryTest, AFixedListNeedsNoBackend) {
  config::Backend fixed = testing::backend_config("fixed", "http://192.0.2.1");
  fixed.models = {"x", "y"};
  discover({std::make_shared<Endpoint>(fixed, 0)});
  CO_ASSERT(table != nullptr);
  EXPECT_TRUE(table->settled);
  EXPECT_TRUE(serves("x") && serves("y"));
  EXPECT_EQ(state_of(0), "up");
  co_return;
}

// Its time limits depend on where its name leads, and that may change.
CO_TEST_F(DiscoveryTest, TheNameOfABackendWithAFixedListIsFollowed) {
  config::Backend fixed = testing::backend_config("fixed", "http://localhost:81");
  fixed.models = {"x"};
  const auto endpoint = std::make_shared<Endpoint>(fixed, 0);
  discover({endpoint});
  EXPECT_TRUE(co_await eventually([&] { return endpoint->addresses() != nullptr; }));
  EXPECT_TRUE(endpoint->is_private());
}

CO_TEST_F(DiscoveryTest, OneThatHangsDelaysNobody) {
  testing::Backend slow(loop, [](auto&, auto) { return std::string(testing::Backend::kHang); });
  testing::Backend good(loop, [](auto&, auto) { return model_list({"a"}); });
  discover({testing::endpoint("slow", slow.url(), 0), testing::endpoint("good", good.url(), 1)});
  EXPECT_TRUE(co_await eventually([&] { return serves("a"); }));
  EXPECT_FALSE(table->settled);
  EXPECT_EQ(state_of(0), "pending");
}

CO_TEST_F(DiscoveryTest, OneThatFailsSettlesAndIsAskedUntilItComes) {
  testing::Backend backend(loop, [](auto&, auto) { return answer("", "500 Oops"); });
  discover({testing::endpoint("late", backend.url())}, 50ms);
  EXPECT_TRUE(co_await eventually([&] { return table->settled; }));
  EXPECT_EQ(state_of(0), "down");
  EXPECT_THAT(discovery->status()[0].last_error, HasSubstr("status 500"));
  EXPECT_TRUE(co_await eventually([&] { return backend.asked().size() >= 3; }));
  EXPECT_GE(discovery->status()[0].failures, 2U);
  backend.script([](auto&, auto) { return model_list({"a"}); });
  EXPECT_TRUE(co_await eventually([&] { return serves("a"); }));
  EXPECT_EQ(state_of(0), "up");
  EXPECT_EQ(discovery->status()[0].last_error, "");
}

CO_TEST_F(DiscoveryTest, AFailedRefreshRemovesNothing) {
  testing::Backend backend(loop, [](auto&, auto) { return model_list({"a", "b"}); });
  discover({testing::endpoint("b", backend.url())}, 50ms);
  EXPECT_TRUE(co_await eventually([&] { return serves("a"); }));
  const int before = tables;
  backend.script([](auto&, auto) { return std::string(); });
  EXPECT_TRUE(co_await eventually([&] { return state_of(0) == "stale"; }));
  EXPECT_TRUE(serves("a") && serves("b"));
  EXPECT_EQ(tables, before);
}

CO_TEST_F(DiscoveryTest, AModelGoesWhenASecondListAgrees) {
  testing::Backend backend(loop, [](auto&, auto) { return model_list({"a", "b", "c"}); });
  discover({testing::endpoint("b", backend.url())}, 50ms);
  EXPECT_TRUE(co_await eventually([&] { return serves("c"); }));
  const std::size_t asked = backend.asked().size();
  backend.script([](auto&, auto) { return model_list({"a", "b", "new"}); });
  EXPECT_TRUE(co_await eventually([&] { return serves("new"); }));
  EXPECT_TRUE(serves("c"));
  EXPECT_TRUE(co_await eventually([&] { return !serves("c"); }));
  EXPECT_GE(backend.asked().size(), asked + 2);
  EXPECT_TRUE(serves("a") && serves("b"));
}

CO_TEST_F(DiscoveryTest, UnchangedListsPublishNothing) {
  testing::Backend backend(loop, [](auto&, auto) { return model_list({"a"}); });
  discover({testing::endpoint("b", backend.url())}, 20ms);
  EXPECT_TRUE(co_await eventually([&] { return backend.asked().size() >= 4; }));
  EXPECT_EQ(tables, 2);  // at the start, and with the first list
}

CO_TEST_F(DiscoveryTest, ABackendIsAskedAgainAtOnceWhenAModelIsMissing) {
  testing::Backend backend(loop, [](auto&, auto) { return model_list({"a"}); });
  const auto endpoint = testing::endpoint("b", backend.url());
  discover({endpoint});
  EXPECT_TRUE(co_await eventually([&] { return serves("a"); }));
  backend.script([](auto&, auto) { return model_list({"a", "b"}); });
  for (int i = 0; i < 100; ++i)
    discovery->ask_again(*endpoint);  // however often: once, a second after the last
  EXPECT_TRUE(co_await eventually([&] { return serves("b"); }));
  EXPECT_EQ(backend.asked().size(), 2U);
}

}  // namespace
}  // namespace upstream
