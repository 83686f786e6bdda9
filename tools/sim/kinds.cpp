#include "kinds.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "dialect.hpp"
#include "json/write.hpp"

namespace sim {
namespace {

constexpr auto kNames =
    std::to_array<std::string_view>({"openai", "vllm", "sglang", "llama.cpp", "llama.cpp-router",
                                     "ollama", "lm-studio", "tgi", "tensorrt-llm"});
constexpr std::uint64_t kContext = 32768;

std::string_view owner(EngineKind kind, std::string_view model) {
  switch (kind) {
    case EngineKind::none:
      return "llm-sim";
    case EngineKind::vllm:
      return "vllm";
    case EngineKind::sglang:
      return "sglang";
    case EngineKind::llama_cpp:
    case EngineKind::llama_cpp_router:
      return "llamacpp";
    case EngineKind::ollama:
      return "library";
    case EngineKind::lm_studio:
      return "organization_owner";
    case EngineKind::tgi:
      return model;
    case EngineKind::tensorrt_llm:
      return "tensorrt_llm";
  }
  return "";
}

/// What an entry of the kind's list holds besides the usual.
void add_details(json::ObjectWriter& entry, EngineKind kind, std::string_view model, bool first) {
  if (kind == EngineKind::vllm)
    entry.string("root", model)
        .null("parent")
        .uint("max_model_len", kContext)
        .raw("permission", "[]");
  if (kind == EngineKind::sglang) entry.string("root", model).uint("max_model_len", kContext);
  if (kind == EngineKind::llama_cpp) entry.raw("meta", R"({"n_ctx_train":131072,"n_embd":4096})");
  if (kind == EngineKind::llama_cpp_router)
    entry.raw("status", first ? R"({"value":"loaded"})" : R"({"value":"unloaded"})");
}

/// `{"NAME":[…]}`, one element a model.
std::string list(std::string_view name, std::span<const std::string> models,
                 const std::function<void(json::ObjectWriter&, const std::string&)>& describe) {
  std::string out;
  json::ObjectWriter object(out);
  json::ArrayWriter elements = object.array(name);
  for (const std::string& model : models) {
    json::ObjectWriter element = elements.object();
    describe(element, model);
    element.close();
  }
  elements.close();
  object.close();
  return out;
}

OwnPage json_page(std::string body) {
  return {"application/json", std::move(body)};
}

/// The gauges of load that the kind has, in Prometheus' text form.
std::optional<OwnPage> metrics(EngineKind kind, std::size_t running, std::size_t waiting) {
  struct Names {
    EngineKind kind;
    std::string_view running;
    std::string_view waiting;
  };
  constexpr auto kGauges = std::to_array<Names>({
      {EngineKind::vllm, "vllm:num_requests_running", "vllm:num_requests_waiting"},
      {EngineKind::sglang, "sglang:num_running_reqs", "sglang:num_queue_reqs"},
      {EngineKind::llama_cpp, "llamacpp:requests_processing", "llamacpp:requests_deferred"},
      {EngineKind::tgi, "tgi_batch_current_size", "tgi_queue_size"},
      {EngineKind::tensorrt_llm, "trtllm_num_requests_running", "trtllm_num_requests_waiting"},
  });
  const auto* const found = std::ranges::find(kGauges, kind, &Names::kind);
  if (found == kGauges.end()) return std::nullopt;
  return OwnPage{"text/plain; version=0.0.4",
                 std::string(found->running) + " " + std::to_string(running) + "\n" +
                     std::string(found->waiting) + " " + std::to_string(waiting) + "\n"};
}

std::optional<OwnPage> ollama_page(std::string_view path, std::span<const std::string> models) {
  if (path == "/") return OwnPage{"text/plain", "Ollama is running"};
  if (path == "/api/version") return json_page(R"({"version":"0.12.6"})");
  const auto describe = [](json::ObjectWriter& model, const std::string& name) {
    model.string("name", name)
        .string("model", name)
        .uint("size_vram", 1)
        .uint("context_length", kContext);
  };
  if (path == "/api/tags") return json_page(list("models", models, describe));
  if (path == "/api/ps")  // one is loaded, the others are installed
    return json_page(
        list("models", models.first(std::min<std::size_t>(1, models.size())), describe));
  return std::nullopt;
}

std::optional<OwnPage> llama_cpp_page(std::string_view path) {
  if (path == "/") return OwnPage{"text/html", "<!doctype html><title>llama.cpp</title>"};
  if (path != "/props") return std::nullopt;
  return json_page(
      R"({"default_generation_settings":{"n_ctx":32768},"total_slots":4,"is_sleeping":false,)"
      R"("build_info":"b8681-sim"})");
}

std::optional<OwnPage> lm_studio_page(std::string_view path, std::span<const std::string> models) {
  if (path != "/api/v0/models") return std::nullopt;
  return json_page(list("data", models, [&](json::ObjectWriter& model, const std::string& name) {
    model.string("id", name)
        .string("type", "llm")
        .string("state", name == models.front() ? "loaded" : "not-loaded")
        .uint("max_context_length", kContext);
  }));
}

}  // namespace

std::span<const std::string_view> kind_names() {
  return kNames;
}

std::optional<EngineKind> kind_named(std::string_view name) {
  const auto* const found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<EngineKind>(found - kNames.begin());
}

std::string list_of_models(EngineKind kind, std::span<const std::string> models) {
  std::string out;
  json::ObjectWriter object(out);
  object.string("object", "list");
  json::ArrayWriter data = object.array("data");
  for (const std::string& model : models) {
    json::ObjectWriter entry = data.object();
    entry.string("id", model)
        .string("object", "model")
        .uint("created", kind == EngineKind::tgi ? 0 : kCreated)
        .string("owned_by", owner(kind, model));
    add_details(entry, kind, model, &model == &models.front());
    entry.close();
  }
  data.close();
  object.close();
  return out;
}

std::optional<OwnPage> own_page(EngineKind kind, std::string_view path,
                                std::span<const std::string> models, std::size_t running,
                                std::size_t waiting) {
  if (path == "/metrics") return metrics(kind, running, waiting);
  switch (kind) {
    case EngineKind::none:
      return std::nullopt;
    case EngineKind::vllm:
      if (path == "/is_sleeping") return json_page(R"({"is_sleeping":false})");
      if (path == "/version") return json_page(R"({"version":"0.11.0"})");
      return std::nullopt;
    case EngineKind::tensorrt_llm:
      if (path == "/version") return json_page(R"({"version":"1.2.0"})");
      return std::nullopt;
    case EngineKind::sglang:
      if (path == "/server_info")
        return json_page(R"({"model_path":"/sim","version":"0.5.4","internal_states":[{}]})");
      return std::nullopt;
    case EngineKind::llama_cpp:
    case EngineKind::llama_cpp_router:
      return llama_cpp_page(path);
    case EngineKind::ollama:
      return ollama_page(path, models);
    case EngineKind::lm_studio:
      return lm_studio_page(path, models);
    case EngineKind::tgi:
      if (path != "/info") return std::nullopt;
      return json_page(
          R"({"model_id":"sim","max_total_tokens":32768,"router":"text-generation-router",)"
          R"("version":"3.3.4"})");
  }
  return std::nullopt;
}

}  // namespace sim
