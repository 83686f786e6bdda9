#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "plan.hpp"

/// What the plain and the streamed forms of an answer share.
namespace sim {

/// A fixed moment, so that a seed repeats a run byte for byte.
inline constexpr std::uint64_t kCreated = 1'760'000'000;

inline std::string answer_id(const Plan& plan, std::string_view prefix) {
  return std::string(prefix) + "-sim-" + std::to_string(plan.id);
}

inline std::string_view finish_reason(const Plan& plan) {
  return plan.at_limit ? "length" : "stop";
}

/// `{"prompt_tokens":…}` of chat and completions, as JSON.
std::string usage_json(const Plan& plan);

/// The `response` object of the responses API; `status` is in_progress or completed.
std::string response_json(const Plan& plan, std::string_view status);

/// The one output item of a response: an assistant's message holding `text`.
std::string output_item_json(const Plan& plan, std::string_view status, std::string_view text);

}  // namespace sim
