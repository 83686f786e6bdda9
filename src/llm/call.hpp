#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "llm/operations.hpp"

namespace llm {

inline constexpr std::size_t kMaxModelBytes = 256;

/// What the router must know of a request's body; the rest travels unread. A value of the request,
/// valid as long as the body it was read from.
struct Call {
  std::string_view model_in_body;  ///< the model's bytes, where they stand in the body unescaped
  std::string_view model_value;    ///< the model as a value of the body, quotes included
  std::string unescaped_model;     ///< the model, if the body spells it with escapes
  bool stream = false;
  /// The response or conversation that the call continues, and the member that names it.
  std::string continued;
  std::string_view continued_by;

  std::string_view model() const {
    return unescaped_model.empty() ? model_in_body : unescaped_model;
  }
};

/// Validates the whole body (strict RFC 8259, UTF-8) and reads the call in the same pass. The model
/// returned is the one every backend's parser will see: a name that occurs twice, or that equals
/// `model` or `stream` only after unescaping or case folding, is refused.
///
/// Errors, all the client's: invalid_json, duplicate_key; missing_model; invalid_model (not a
/// string, empty, over kMaxModelBytes, control characters); bad_request for a `stream` that is
/// neither boolean nor null.
base::Result<Call> read_call(const Operation& operation, std::string_view body);

/// 1 to kMaxModelBytes bytes without control characters (C0, DEL, C1). No trimming, no folding.
bool is_model_name(std::string_view name);

}  // namespace llm
