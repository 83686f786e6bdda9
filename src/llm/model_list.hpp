#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace llm {

/// A model as a backend lists it.
struct ListedModel {
  std::string id;    ///< a model name (call.hpp)
  std::string json;  ///< the entry, an object with at least this `id`, all its bytes kept
};

/// One page of a backend's answer to GET /v1/models.
struct ModelPage {
  std::vector<ListedModel> models;  ///< in the backend's order, each id once
  bool has_more = false;
  std::string last_id;  ///< where the next page begins; not empty if has_more
};

/// Reads a model list leniently: an object with `data` (OpenAI) or `models` (Ollama, llama.cpp), or
/// a bare array; entries are objects with `id` (or, without one, `name`) or bare strings. Entries
/// without a usable id are skipped. Anything else is upstream_invalid_response, and so is a list in
/// which no entry is usable: taking junk for an empty list would remove every model.
base::Result<ModelPage> parse_model_list(std::string_view body);

/// The entry for GET /v1/models: `object`, `created` and `owned_by` are added if absent or of the
/// wrong type (`"model"`, 0, the backend's name); every other byte stays.
std::string model_json(const ListedModel& model, std::string_view backend_name);

/// The same model under another id; every other byte of its entry stays.
ListedModel with_id(const ListedModel& model, std::string_view id);

/// {"object":"list","data":[...]} of entries as model_json() makes them.
std::string write_model_list(std::span<const std::string_view> entries);

}  // namespace llm
