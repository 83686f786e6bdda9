#include "llm/model_details.hpp"

#include <algorithm>
#include <array>

#include "json/scan.hpp"
#include "json/walk.hpp"

namespace llm {
namespace {

using json::Value;

/// The object or array that the text is; absent if it is not valid.
Value parsed(std::string_view text) {
  return json::validate(text) ? json::root(text) : Value{};
}

std::optional<std::uint64_t> tokens(const Value& object, std::string_view name) {
  const auto count = json::as_uint(json::find(object, name));
  return count == 0 ? std::nullopt : count;
}

ModelState state_of(const Value& word) {
  struct Word {
    std::string_view text;
    ModelState state;
  };
  static constexpr auto kWords = std::to_array<Word>({{"loaded", ModelState::loaded},
                                                      {"loading", ModelState::loading},
                                                      {"unloaded", ModelState::unloaded},
                                                      {"not-loaded", ModelState::unloaded},
                                                      {"sleeping", ModelState::sleeping},
                                                      {"downloading", ModelState::downloading},
                                                      {"failed", ModelState::failed}});
  const auto text = json::plain_string(word);
  const auto* const known = std::ranges::find(kWords, text.value_or(""), &Word::text);
  return known == kWords.end() ? ModelState::unknown : known->state;
}

ModelDetails details_of(const Value& entry) {
  ModelDetails details;
  for (const std::string_view name : {"max_model_len", "context_length", "context_window"}) {
    if (!details.context_length) details.context_length = tokens(entry, name);
  }
  details.max_context_length = tokens(entry, "max_context_length");
  if (const Value meta = json::find(entry, "meta"); meta.kind == json::Kind::object) {
    if (!details.context_length) details.context_length = tokens(meta, "n_ctx");
    if (!details.max_context_length) details.max_context_length = tokens(meta, "n_ctx_train");
  }
  details.state = state_of(json::find(entry, "state"));
  if (const Value status = json::find(entry, "status"); status.kind == json::Kind::object) {
    const bool failed = json::as_bool(json::find(status, "failed")).value_or(false);
    details.state = failed ? ModelState::failed : state_of(json::find(status, "value"));
  }
  return details;
}

}  // namespace

std::string_view to_string(ModelState state) {
  switch (state) {
    case ModelState::unknown:
      return "";
    case ModelState::loaded:
      return "loaded";
    case ModelState::loading:
      return "loading";
    case ModelState::unloaded:
      return "unloaded";
    case ModelState::sleeping:
      return "sleeping";
    case ModelState::downloading:
      return "downloading";
    case ModelState::failed:
      return "failed";
  }
  return "";
}

ModelDetails merged(ModelDetails details, const ModelDetails& more) {
  if (!details.context_length) details.context_length = more.context_length;
  if (!details.max_context_length) details.max_context_length = more.max_context_length;
  if (details.state == ModelState::unknown) details.state = more.state;
  return details;
}

ModelDetails details_of_entry(std::string_view entry) {
  return details_of(parsed(entry));
}

std::optional<DetailsByModel> details_of_lm_studio(std::string_view body) {
  const Value list = json::find(parsed(body), "data");
  if (list.kind != json::Kind::array) return std::nullopt;
  DetailsByModel models;
  for (const Value& entry : json::Elements(list)) {
    const auto id = json::as_string(json::find(entry, "id"));
    ModelDetails details = details_of(entry);
    if (!id || details.state == ModelState::unknown) return std::nullopt;
    details.context_length = tokens(entry, "loaded_context_length");
    models.emplace(*id, details);
  }
  return models;
}

std::optional<DetailsByModel> details_of_ollama(std::string_view body) {
  const Value list = json::find(parsed(body), "models");
  if (list.kind != json::Kind::array) return std::nullopt;
  DetailsByModel models;
  for (const Value& entry : json::Elements(list)) {
    const auto name = json::as_string(json::find(entry, "name"));
    if (!name) return std::nullopt;
    models.emplace(*name, ModelDetails{.context_length = tokens(entry, "context_length"),
                                       .max_context_length = {},
                                       .state = ModelState::loaded});
  }
  return models;
}

ModelDetails details_of_llama_cpp(std::string_view body) {
  const Value props = parsed(body);
  ModelDetails details;
  details.context_length = tokens(json::find(props, "default_generation_settings"), "n_ctx");
  if (const auto sleeping = json::as_bool(json::find(props, "is_sleeping"))) {
    details.state = *sleeping ? ModelState::sleeping : ModelState::loaded;
  }
  return details;
}

ModelDetails details_of_vllm_sleep(std::string_view body) {
  ModelDetails details;
  if (const auto sleeping = json::as_bool(json::find(parsed(body), "is_sleeping"))) {
    details.state = *sleeping ? ModelState::sleeping : ModelState::loaded;
  }
  return details;
}

ModelDetails details_of_tgi(std::string_view body) {
  ModelDetails details;
  details.context_length = tokens(parsed(body), "max_total_tokens");
  return details;
}

}  // namespace llm
