#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "llm/model_list.hpp"

namespace llm {

/// What a backend is, as far as it makes a difference to the router or to its operator.
enum class BackendKind : std::uint8_t {
  vllm,
  sglang,
  llama_cpp,
  llama_cpp_router,  ///< llama-server that loads and unloads models by itself
  ollama,
  lm_studio,
  tgi,
  tensorrt_llm,
  llm_router,  ///< another one of these
  anthropic,
  openai,  ///< speaks OpenAI's API; nothing more is known of it
};

/// The names, in configurations and answers.
inline constexpr auto kBackendKinds = std::to_array<std::pair<BackendKind, std::string_view>>({
    {BackendKind::vllm, "vllm"},
    {BackendKind::sglang, "sglang"},
    {BackendKind::llama_cpp, "llama.cpp"},
    {BackendKind::llama_cpp_router, "llama.cpp-router"},
    {BackendKind::ollama, "ollama"},
    {BackendKind::lm_studio, "lm-studio"},
    {BackendKind::tgi, "tgi"},
    {BackendKind::tensorrt_llm, "tensorrt-llm"},
    {BackendKind::llm_router, "llm-router"},
    {BackendKind::anthropic, "anthropic"},
    {BackendKind::openai, "openai"},
});

std::string_view to_string(BackendKind kind);

/// What can be told before a byte has been sent, by whose host it is.
std::optional<BackendKind> kind_of_host(std::string_view host);

/// What a backend's list says of its maker: all entries agree, or it says nothing. A router passes
/// on what the backends behind it say, so that this alone is no proof.
std::optional<BackendKind> kind_of_list(std::span<const ListedModel> models);

}  // namespace llm
