#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/error.hpp"

namespace llm {

/// What SDKs, which retry 408, 409, 429 and every 5xx by themselves, are told about it.
enum class RetryAdvice : std::uint8_t {
  never,  ///< it will fail again: the answer carries `x-should-retry: false`
  maybe,  ///< the SDK's own judgement stands
};

/// What the outside sees of an error code.
struct ErrorFacts {
  base::ErrorCode code;
  int status;             ///< HTTP status, if the head has not been sent yet
  std::string_view name;  ///< the `code` in the body, the log and the metrics
  std::string_view type;  ///< the `type` in the body
  RetryAdvice advice;
  std::string_view meaning;  ///< one line for docs/errors.md
};

/// The one place that gives a code its status. Every code has an entry.
const ErrorFacts& facts(base::ErrorCode code);

/// All entries, in the order of base::ErrorCode.
std::span<const ErrorFacts> all_error_facts();

/// OpenAI's `type` for a status without a code of ours.
std::string_view error_type(int status);

/// Anthropic's `type` for any status; `api_error` for one that is none.
std::string_view anthropic_error_type(int status);

}  // namespace llm
