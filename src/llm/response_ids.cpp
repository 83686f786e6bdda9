#include "llm/response_ids.hpp"

#include "json/cursor.hpp"
#include "json/walk.hpp"

namespace llm {

std::string conversation_id(const json::Value& conversation) {
  const bool is_object = conversation.kind == json::Kind::object;
  return json::as_string(is_object ? json::find(conversation, "id") : conversation).value_or("");
}

ResponseIds ids_of_response(const json::Value& response) {
  ResponseIds ids;
  for (const auto& [name, value] : json::Members(response)) {
    if (name == "id") ids.response = json::as_string(value).value_or("");
    if (name == "conversation") ids.conversation = conversation_id(value);
  }
  return ids;
}

ResponseIds ids_of_beginning(std::string_view text) {
  json::Cursor at(text);
  std::string_view name;
  if (!at.enter(json::Kind::object) || !at.next_member(name) || name != "id") return {};
  const json::Value id = at.take();
  return {.response = std::string(json::plain_string(id).value_or("")), .conversation = {}};
}

}  // namespace llm
