#pragma once

#include <cstdint>
#include <vector>

#include "upstream/routing_table.hpp"

namespace upstream {

/// The endpoints of a cluster in the order in which to try them: fewest requests in flight first,
/// ties in turn. `turn` is a worker's own count of choices. Pure but for reading the live counts.
std::vector<Endpoint*> order_by_load(const Cluster& cluster, std::uint64_t turn);

/// The first of that order, without making the list.
Endpoint& least_loaded(const Cluster& cluster, std::uint64_t turn);

}  // namespace upstream
