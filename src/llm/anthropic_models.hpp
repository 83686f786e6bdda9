#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace llm {

/// What a client asks of the list of models; without a limit it gets all of them.
struct ModelPageQuery {
  static constexpr std::size_t kMaxLimit = 1000;  ///< Anthropic's

  std::size_t limit = static_cast<std::size_t>(-1);
  std::string after_id = {};   ///< only models behind this id
  std::string before_id = {};  ///< only models before it, of which the last ones
};

/// A model of ours, by the entry that OpenAI's clients get (model_json() of model_list.hpp), as
/// Anthropic's read it: {"type":"model","id","display_name","created_at"}. What the backend says of
/// the name and the date in these words is kept.
std::string anthropic_model_json(std::string_view id, std::string_view entry);

struct ModelEntry {
  std::string_view id;
  std::string_view json;
};

/// {"data":[...],"has_more","first_id","last_id"}. `models` are sorted by id, so that a page begins
/// where it should even if the model that the last one ended with is gone.
std::string write_anthropic_models(std::span<const ModelEntry> models, const ModelPageQuery& query);

}  // namespace llm
