#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "upstream/endpoint.hpp"

namespace upstream {

/// The endpoints that serve one model.
struct Cluster {
  std::string model;
  std::vector<EndpointPtr> endpoints;
  std::string listing;  ///< the model's entry in GET /v1/models, a JSON object
  /// What each of the endpoints calls the model, "" if it is `model`; empty if all do that.
  std::vector<std::string> names = {};

  /// What to call the model when asking one of the endpoints; "": as the client does.
  [[nodiscard]] std::string_view name_at(const Endpoint& endpoint) const;
};

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

/// Which model is where. Immutable: discovery builds a new one, and each worker is handed a
/// reference of its own; a request keeps the one it began with.
struct RoutingTable {
  using Clusters = std::unordered_map<std::string, Cluster, StringHash, std::equal_to<>>;

  Clusters clusters;
  Clusters unlisted;                   ///< other names of models, which GET /v1/models doesn't show
  std::vector<const Cluster*> sorted;  ///< all `clusters`, by model
  std::string models_answer;           ///< the body of GET /v1/models
  bool settled = false;                ///< every backend has answered or failed at least once

  [[nodiscard]] const Cluster* find(std::string_view model) const {
    if (const auto found = clusters.find(model); found != clusters.end()) return &found->second;
    const auto other = unlisted.find(model);
    return other == unlisted.end() ? nullptr : &other->second;
  }

  /// `BACKEND/MODEL`, for what find() doesn't know: the model on that backend alone; null if it
  /// hasn't got it.
  [[nodiscard]] std::unique_ptr<const Cluster> address(std::string_view asked) const;
};

using RoutingTablePtr = std::shared_ptr<const RoutingTable>;

}  // namespace upstream
