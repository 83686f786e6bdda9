#include "llm/backend_kind.hpp"

#include <algorithm>

#include "json/walk.hpp"

namespace llm {
namespace {

std::optional<BackendKind> kind_of_entry(const ListedModel& model) {
  const json::Value entry = json::root(model.json);
  const auto owner = json::plain_string(json::find(entry, "owned_by"));
  if (owner == "vllm") return BackendKind::vllm;
  if (owner == "sglang") return BackendKind::sglang;
  if (owner == "tensorrt_llm") return BackendKind::tensorrt_llm;
  if (owner != "llamacpp") return std::nullopt;
  const bool has_status = json::find(entry, "status").kind == json::Kind::object;
  return has_status ? BackendKind::llama_cpp_router : BackendKind::llama_cpp;
}

}  // namespace

std::string_view to_string(BackendKind kind) {
  return std::ranges::find(kBackendKinds, kind, &decltype(kBackendKinds)::value_type::first)
      ->second;
}

std::optional<BackendKind> kind_of_host(std::string_view host) {
  if (host == "api.anthropic.com") return BackendKind::anthropic;
  if (host == "api.openai.com") return BackendKind::openai;
  return std::nullopt;
}

std::optional<BackendKind> kind_of_list(std::span<const ListedModel> models) {
  if (models.empty()) return std::nullopt;
  const auto kind = kind_of_entry(models.front());
  const bool agreed = std::ranges::all_of(
      models, [kind](const ListedModel& model) { return kind_of_entry(model) == kind; });
  return agreed ? kind : std::nullopt;
}

}  // namespace llm
