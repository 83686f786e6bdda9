#include "upstream/balance.hpp"

#include <algorithm>
#include <utility>

namespace upstream {
namespace {

std::int64_t load_of(const Endpoint& endpoint) {
  return endpoint.in_flight.load(std::memory_order_relaxed);
}

}  // namespace

std::vector<Endpoint*> order_by_load(const Cluster& cluster, std::uint64_t turn) {
  // The counts change while we sort, so each is read once.
  std::vector<std::pair<std::int64_t, std::size_t>> loads;  // with the place in turn, for ties
  const std::size_t count = cluster.endpoints.size();
  loads.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    loads.emplace_back(load_of(*cluster.endpoints[(turn + i) % count]), i);
  }
  std::ranges::sort(loads);
  std::vector<Endpoint*> order;
  order.reserve(count);
  for (const auto& [load, i] : loads)
    order.push_back(cluster.endpoints[(turn + i) % count].get());
  return order;
}

Endpoint& least_loaded(const Cluster& cluster, std::uint64_t turn) {
  const std::size_t count = cluster.endpoints.size();
  Endpoint* best = cluster.endpoints[turn % count].get();
  if (count == 1) return *best;
  std::int64_t least = load_of(*best);
  for (std::size_t i = 1; i < count; ++i) {
    Endpoint& endpoint = *cluster.endpoints[(turn + i) % count];
    if (const std::int64_t load = load_of(endpoint); load < least) {
      least = load;
      best = &endpoint;
    }
  }
  return *best;
}

}  // namespace upstream
