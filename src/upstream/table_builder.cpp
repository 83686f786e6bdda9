#include "upstream/table_builder.hpp"

#include <algorithm>

#include "json/write.hpp"

namespace upstream {

namespace {

/// The names that are known but not listed.
void add_short_names(RoutingTable& table, const ListedBy& listed) {
  for (const llm::ListedModel& model : *listed.models) {
    if (!listed.is_ollama || !model.id.ends_with(kOllamaDefaultTag)) continue;
    const std::string name = model.id.substr(0, model.id.size() - kOllamaDefaultTag.size());
    if (name.empty() || table.clusters.contains(name)) continue;
    Cluster& cluster = table.unlisted[name];
    if (cluster.endpoints.empty()) {
      cluster.model = name;
      cluster.listing = llm::model_json(llm::with_id(model, name), listed.endpoint->name());
    }
    cluster.endpoints.push_back(listed.endpoint);
  }
}

}  // namespace

RoutingTablePtr build_table(std::span<const ListedBy> lists, bool settled) {
  auto table = std::make_shared<RoutingTable>();
  table->settled = settled;
  for (const ListedBy& listed : lists) {
    for (const llm::ListedModel& model : *listed.models) {
      Cluster& cluster = table->clusters[model.id];
      if (cluster.endpoints.empty()) {
        cluster.model = model.id;
        cluster.listing = llm::model_json(model, listed.endpoint->name());
      }
      cluster.endpoints.push_back(listed.endpoint);
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
