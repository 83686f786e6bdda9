#include "upstream/balance.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/url.hpp"

namespace upstream {
namespace {

using ::testing::ElementsAre;

Cluster cluster_of(std::initializer_list<std::int64_t> loads) {
  Cluster cluster{.model = "m", .endpoints = {}, .listing = {}};
  for (const std::int64_t load : loads) {
    config::Backend backend;
    backend.name = std::string(1, static_cast<char>('a' + cluster.endpoints.size()));
    backend.url = http::parse_url("http://h").value();
    cluster.endpoints.push_back(std::make_shared<Endpoint>(backend, cluster.endpoints.size()));
    cluster.endpoints.back()->in_flight = load;
  }
  return cluster;
}

std::string order(const Cluster& cluster, std::uint64_t turn) {
  std::string names;
  for (const Endpoint* endpoint : order_by_load(cluster, turn))
    names += endpoint->name();
  return names;
}

TEST(Balance, LeastInFlightFirst) {
  const Cluster cluster = cluster_of({3, 1, 2});
  for (const std::uint64_t turn : {0U, 1U, 2U, 100U})
    EXPECT_EQ(order(cluster, turn), "bca");
}

TEST(Balance, TiesInTurn) {
  const Cluster cluster = cluster_of({1, 1, 1});
  EXPECT_EQ(order(cluster, 0), "abc");
  EXPECT_EQ(order(cluster, 1), "bca");
  EXPECT_EQ(order(cluster, 2), "cab");
  EXPECT_EQ(order(cluster, 3), "abc");
}

TEST(Balance, TheFirstOfTheOrderIsTheLeastLoaded) {
  for (const auto& cluster : {cluster_of({5}), cluster_of({2, 2}), cluster_of({4, 0, 0, 7}),
                              cluster_of({1, 2, 3}), cluster_of({0, 0, 0})}) {
    for (std::uint64_t turn = 0; turn < 9; ++turn)
      EXPECT_EQ(&least_loaded(cluster, turn), order_by_load(cluster, turn).front()) << turn;
  }
}

TEST(Balance, IdleEndpointsGetEqualShares) {
  const Cluster cluster = cluster_of({0, 0, 0});
  std::map<std::string, int> chosen;
  for (std::uint64_t turn = 0; turn < 300; ++turn)
    ++chosen[least_loaded(cluster, turn).name()];
  EXPECT_THAT(chosen, ElementsAre(std::pair("a", 100), std::pair("b", 100), std::pair("c", 100)));
}

}  // namespace
}  // namespace upstream
