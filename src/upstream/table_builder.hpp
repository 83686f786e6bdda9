#pragma once

#include <span>
#include <string>
#include <vector>

#include "llm/model_list.hpp"
#include "upstream/routing_table.hpp"

namespace upstream {

/// One backend and what it serves.
struct ListedBy {
  EndpointPtr endpoint;
  const std::vector<llm::ListedModel>* models;
  bool is_ollama = false;
};

/// A model that a backend serves, and the id under which clients find it.
struct ServedModel {
  const llm::ListedModel* model;
  std::string_view id;

  [[nodiscard]] bool renamed() const { return id != model->id; }
};

/// The backend's models under the names that its configuration gives them. A name that `rename`
/// gives to one hides the model that the backend itself calls so.
std::vector<ServedModel> served_models(const ListedBy& listed);

/// Ollama knows a model `NAME:latest` as `NAME` as well.
inline constexpr std::string_view kOllamaDefaultTag = ":latest";

/// The table of all backends' models: each id once, its entry that of the first backend that lists
/// it, its endpoints in the order of the configuration. Beside them the shorter names of Ollama's
/// models, where no backend has a model of just that name. Pure.
RoutingTablePtr build_table(std::span<const ListedBy> lists, bool settled);

/// A list as the configuration gives it, in the form of a discovered one.
std::vector<llm::ListedModel> fixed_list(std::span<const std::string> ids);

}  // namespace upstream
