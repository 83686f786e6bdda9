#pragma once

#include <string_view>

#include "llm/operations.hpp"

namespace llm {

/// Whether each event of such a stream names its type, and the last one is told by its name.
constexpr bool is_typed(StreamForm form) {
  return form != StreamForm::none && form != StreamForm::chat && form != StreamForm::completions;
}

/// What an event is by its type alone.
struct TypedEvent {
  bool has_content = false;
  bool ends = false;     ///< the stream has said with it that it is whole
  bool is_ping = false;  ///< says only that somebody is there
};

/// Of a stream for which is_typed().
TypedEvent typed_event(StreamForm form, std::string_view type);

}  // namespace llm
