#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "llm/model_list.hpp"

namespace llm {

/// Whether a model could answer at once.
enum class ModelState : std::uint8_t {
  unknown,
  loaded,
  loading,
  unloaded,  ///< it will be loaded by the first request
  sleeping,
  downloading,
  failed,
};

/// Empty for `unknown`.
std::string_view to_string(ModelState state);

/// What a backend tells of one model besides its id. What it doesn't tell stays empty.
struct ModelDetails {
  std::optional<std::uint64_t> context_length;      ///< tokens, as it is served now
  std::optional<std::uint64_t> max_context_length;  ///< tokens that the model was made for
  ModelState state = ModelState::unknown;

  [[nodiscard]] bool empty() const {
    return !context_length && !max_context_length && state == ModelState::unknown;
  }
  friend bool operator==(const ModelDetails&, const ModelDetails&) = default;
};

/// By the backend's id of the model.
using DetailsByModel = std::map<std::string, ModelDetails, std::less<>>;

/// `details`, and what of `more` they don't have.
ModelDetails merged(ModelDetails details, const ModelDetails& more);

// Each reads leniently what a stranger has sent: from what isn't JSON or has another form than
// expected nothing is read. Pure.

/// Of an entry of a model list: vLLM's and SGLang's `max_model_len`, llama.cpp's `meta` and
/// `status`, LM Studio's `state`, `context_length` and `context_window` of clouds.
ModelDetails details_of_entry(std::string_view entry);

/// Of LM Studio's GET /api/v0/models; nullopt if it isn't that.
std::optional<DetailsByModel> details_of_lm_studio(std::string_view body);

/// Of Ollama's GET /api/ps, which tells of the loaded models only; nullopt if it isn't that.
std::optional<DetailsByModel> details_of_ollama(std::string_view body);

/// Of llama.cpp's GET /props.
ModelDetails details_of_llama_cpp(std::string_view body);

/// Of vLLM's GET /is_sleeping.
ModelDetails details_of_vllm_sleep(std::string_view body);

/// Of TGI's GET /info.
ModelDetails details_of_tgi(std::string_view body);

}  // namespace llm
