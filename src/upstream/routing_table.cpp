#include "upstream/routing_table.hpp"

#include "llm/model_list.hpp"

namespace upstream {

std::string_view Cluster::name_at(const Endpoint& endpoint) const {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (endpoints[i].get() == &endpoint) return names[i];
  }
  return {};
}

std::unique_ptr<const Cluster> RoutingTable::address(std::string_view asked) const {
  const std::size_t slash = asked.find('/');  // a backend's name has none
  if (slash == std::string_view::npos) return nullptr;
  const Cluster* const cluster = find(asked.substr(slash + 1));
  if (cluster == nullptr) return nullptr;
  for (const EndpointPtr& endpoint : cluster->endpoints) {
    if (endpoint->name() != asked.substr(0, slash)) continue;
    const std::string_view own = cluster->name_at(*endpoint);
    return std::make_unique<const Cluster>(
        Cluster{.model = std::string(asked),
                .endpoints = {endpoint},
                .listing = llm::with_id({cluster->model, cluster->listing}, asked).json,
                .names = {std::string(own.empty() ? cluster->model : own)}});
  }
  return nullptr;
}

}  // namespace upstream
