#include "llm/typed_events.hpp"

namespace llm {
namespace {

TypedEvent response_event(std::string_view type) {
  return {.has_content = type.ends_with(".delta") || type.ends_with(".partial_image"),
          .ends = type == "response.completed" || type == "response.failed" ||
                  type == "response.incomplete"};
}

TypedEvent image_event(std::string_view type) {
  const bool ends = type == "image_generation.completed" || type == "image_edit.completed";
  return {.has_content = ends || type.ends_with(".partial_image"), .ends = ends};
}

TypedEvent speech_event(std::string_view type) {
  return {.has_content = type == "speech.audio.delta", .ends = type == "speech.audio.done"};
}

TypedEvent message_event(std::string_view type) {
  return {.has_content = type == "content_block_delta",
          .ends = type == "message_stop",
          .is_ping = type == "ping"};
}

}  // namespace

TypedEvent typed_event(StreamForm form, std::string_view type) {
  switch (form) {
    case StreamForm::responses:
      return response_event(type);
    case StreamForm::messages:
      return message_event(type);
    case StreamForm::images:
      return image_event(type);
    case StreamForm::speech:
      return speech_event(type);
    case StreamForm::none:
    case StreamForm::chat:
    case StreamForm::completions:
      return {};
  }
  return {};
}

}  // namespace llm
