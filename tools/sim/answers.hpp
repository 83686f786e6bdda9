#pragma once

#include <span>
#include <string>
#include <string_view>

#include "kinds.hpp"
#include "plan.hpp"

namespace sim {

/// A whole answer that is not a stream. Pure values.
struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body = {};
  bool retry_later = false;  ///< with a Retry-After field
};

/// What the endpoint answers to a good request; `models` is what GET /v1/models lists.
Answer plain_answer(const Plan& plan, std::span<const std::string> models,
                    EngineKind kind = EngineKind::none);

/// In the form of vLLM: nested, with the status as a numeric code.
Answer error_answer(int status, std::string_view message, std::string_view param = {});

}  // namespace sim
