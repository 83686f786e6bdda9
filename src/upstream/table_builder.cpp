#include "upstream/table_builder.hpp"

#include <algorithm>
#include <set>

#include "json/write.hpp"

namespace upstream {

namespace {

/// `own_name` is what the endpoint calls the model, if not by `id`.
void add(RoutingTable::Clusters& clusters, std::string_view id, const llm::ListedModel& model,
         const EndpointPtr& endpoint, std::string_view own_name) {
  Cluster& cluster = clusters[std::string(id)];
  if (cluster.endpoints.empty()) {
    cluster.model = id;
    cluster.listing =
        llm::model_json(id == model.id ? model : llm::with_id(model, id), endpoint->name());
  }
  cluster.endpoints.push_back(endpoint);
  if (own_name.empty() && cluster.names.empty()) return;
  cluster.names.resize(cluster.endpoints.size());
  cluster.names.back() = own_name;
}

/// The names that are known but not listed.
void add_short_names(RoutingTable& table, const ListedBy& listed) {
  if (!listed.is_ollama) return;
  for (const ServedModel& served : served_models(listed)) {
    if (served.renamed() || !served.id.ends_with(kOllamaDefaultTag)) continue;
    const auto name = served.id.substr(0, served.id.size() - kOllamaDefaultTag.size());
    if (name.empty() || table.clusters.contains(name)) continue;
    // Ollama is asked by that name, too.
    add(table.unlisted, name, *served.model, listed.endpoint, {});
  }
}

}  // namespace

std::vector<ServedModel> served_models(const ListedBy& listed) {
  const auto& rename = listed.endpoint->config().rename;
  std::set<std::string_view> given;
  for (const llm::ListedModel& model : *listed.models) {
    if (const auto other = rename.find(model.id); other != rename.end())
      given.insert(other->second);
  }
  std::vector<ServedModel> served;
  served.reserve(listed.models->size());
  for (const llm::ListedModel& model : *listed.models) {
    if (const auto other = rename.find(model.id); other != rename.end()) {
      served.push_back({&model, other->second});
    } else if (!given.contains(model.id)) {
      served.push_back({&model, model.id});
    }
  }
  return served;
}

RoutingTablePtr build_table(std::span<const ListedBy> lists, bool settled) {
  auto table = std::make_shared<RoutingTable>();
  table->settled = settled;
  for (const ListedBy& listed : lists) {
    for (const auto& [model, id] : served_models(listed)) {
      add(table->clusters, id, *model, listed.endpoint, id == model->id ? "" : model->id);
    }
  }
  for (const ListedBy& listed : lists)
    add_short_names(*table, listed);
  std::vector<const Cluster*>& sorted = table->sorted;
  sorted.reserve(table->clusters.size());
  for (const auto& [model, cluster] : table->clusters)
    sorted.push_back(&cluster);
  std::ranges::sort(sorted, {}, &Cluster::model);
  std::vector<std::string_view> entries;
  entries.reserve(sorted.size());
  for (const Cluster* cluster : sorted)
    entries.push_back(cluster->listing);
  table->models_answer = llm::write_model_list(entries);
  return table;
}

std::vector<llm::ListedModel> fixed_list(std::span<const std::string> ids) {
  std::vector<llm::ListedModel> list;
  for (const std::string& id : ids) {
    std::string entry;
    json::ObjectWriter(entry).string("id", id).close();
    list.push_back({id, std::move(entry)});
  }
  return list;
}

}  // namespace upstream
