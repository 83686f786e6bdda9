#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sim {

/// What the simulator pretends to be: how its model list looks, and what it answers on the paths
/// that only such a program has.
enum class EngineKind : std::uint8_t {
  none,
  vllm,
  sglang,
  llama_cpp,
  llama_cpp_router,
  ollama,
  lm_studio,
  tgi,
  tensorrt_llm,
};

/// Their names on the command line, in the order of the enum.
std::span<const std::string_view> kind_names();
std::optional<EngineKind> kind_named(std::string_view name);

/// The body of GET /v1/models.
std::string list_of_models(EngineKind kind, std::span<const std::string> models);

struct OwnPage {
  std::string content_type;
  std::string body;
};

/// GET of a path of that kind's own (/version, /props, /api/ps, /metrics …); nothing if it has none
/// of that name. `running` and `waiting` are the engine's requests.
std::optional<OwnPage> own_page(EngineKind kind, std::string_view path,
                                std::span<const std::string> models, std::size_t running,
                                std::size_t waiting);

}  // namespace sim
