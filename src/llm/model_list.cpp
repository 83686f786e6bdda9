#include "llm/model_list.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <unordered_set>
#include <utility>

#include "base/try.hpp"
#include "json/scan.hpp"
#include "json/walk.hpp"
#include "json/write.hpp"
#include "llm/call.hpp"

namespace llm {
namespace {

using base::ErrorCode;
using json::Kind;

std::optional<std::string> usable_id(const json::Value& value) {
  auto id = json::as_string(value);
  if (!id || !is_model_name(*id)) return std::nullopt;
  return *std::move(id);
}

/// Names of an entry that matter here. Of two `id`s one parser takes the first, another the last.
struct EntryMembers {
  json::Value id;
  json::Value name;
  int ids = 0;
};

EntryMembers read_entry(const json::Value& entry) {
  EntryMembers members;
  for (const auto& [name, value] : json::Members(entry)) {
    if (name == "id") {
      members.id = value;
      ++members.ids;
    } else if (name == "name") {
      members.name = value;
    }
  }
  return members;
}

std::string object_with_id(std::string_view id) {
  std::string json = R"({"id":)";
  json::append_string(json, id);
  return json;
}

std::optional<ListedModel> read_model(const json::Value& entry) {
  if (entry.kind == Kind::string) {
    auto id = usable_id(entry);
    if (!id) return std::nullopt;
    std::string json = object_with_id(*id) + '}';
    return ListedModel{*std::move(id), std::move(json)};
  }
  const EntryMembers members = read_entry(entry);
  if (members.ids > 1) return std::nullopt;
  auto id = usable_id(members.ids == 1 ? members.id : members.name);
  if (!id) return std::nullopt;
  // An entry without `id` has a `name`, so that a comma must follow.
  std::string json = members.ids == 1
                         ? std::string(entry.raw)
                         : object_with_id(*id) + ',' + std::string(entry.raw.substr(1));
  return ListedModel{*std::move(id), std::move(json)};
}

/// A member that every listed model must have, and what stands there if it hasn't.
struct Required {
  std::string_view name;
  std::string fallback;
  bool is_there = false;
};

bool has_right_type(std::string_view name, const json::Value& value) {
  return name == "created" ? json::as_uint(value).has_value() : value.kind == Kind::string;
}

base::Result<json::Value> find_entries(const json::Value& root) {
  if (root.kind == Kind::array) return root;
  for (const std::string_view name : {"data", "models"}) {
    const json::Value entries = json::find(root, name);
    if (entries.kind == Kind::array) return entries;
  }
  return base::fail_upstream(ErrorCode::upstream_invalid_response,
                             "The backend's model list holds no list of models.");
}

}  // namespace

base::Result<ModelPage> parse_model_list(std::string_view body) {
  if (auto valid = json::validate(body); !valid) {
    return base::fail_upstream(ErrorCode::upstream_invalid_response,
                               "The backend's model list is not valid JSON.",
                               std::move(valid).error().message);
  }
  const json::Value root = json::root(body);
  TRY(const json::Value entries, find_entries(root));
  ModelPage page;
  std::unordered_set<std::string> ids;
  bool is_empty = true;
  for (const json::Value& entry : json::Elements(entries)) {
    is_empty = false;
    auto model = read_model(entry);
    if (model && ids.insert(model->id).second) page.models.push_back(*std::move(model));
  }
  if (page.models.empty() && !is_empty) {
    return base::fail_upstream(ErrorCode::upstream_invalid_response,
                               "No entry of the backend's model list has a usable id.");
  }
  if (page.models.empty() || root.kind != Kind::object) return page;
  page.has_more = json::as_bool(json::find(root, "has_more")).value_or(false);
  page.last_id = json::as_string(json::find(root, "last_id")).value_or("");
  if (page.last_id.empty()) page.last_id = page.models.back().id;
  return page;
}

std::string model_json(const ListedModel& model, std::string_view backend_name) {
  Required members[] = {{"object", R"("model")"}, {"created", "0"}, {"owned_by", {}}};
  json::append_string(members[2].fallback, backend_name);
  const std::string_view old = model.json;
  std::string json;
  std::size_t copied = 0;
  for (const auto& [name, value] : json::Members(json::root(old))) {
    const auto member = std::ranges::find(members, name, &Required::name);
    if (member == std::end(members)) continue;
    member->is_there = true;
    if (has_right_type(name, value)) continue;
    const auto at = static_cast<std::size_t>(value.raw.data() - old.data());
    json.append(old, copied, at - copied).append(member->fallback);
    copied = at + value.raw.size();
  }
  const std::size_t end = old.rfind('}');
  json.append(old, copied, end - copied);
  for (const Required& member : members) {
    if (member.is_there) continue;
    json.append(",\"").append(member.name).append("\":").append(member.fallback);
  }
  return json.append(old, end);
}

ListedModel with_id(const ListedModel& model, std::string_view id) {
  const std::string_view old = read_entry(json::root(model.json)).id.raw;
  const auto at = static_cast<std::size_t>(old.data() - model.json.data());
  std::string json = model.json.substr(0, at);
  json::append_string(json, id);
  json.append(model.json, at + old.size());
  return {std::string(id), std::move(json)};
}

std::string write_model_list(std::span<const std::string_view> entries) {
  std::string out = R"({"object":"list","data":[)";
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i > 0) out += ',';
    out += entries[i];
  }
  out += "]}";
  return out;
}

}  // namespace llm
