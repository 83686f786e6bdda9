#pragma once

#include <string>
#include <string_view>

#include "json/value.hpp"

namespace llm {

/// By what a response can be named in later requests. Empty where it says nothing.
struct ResponseIds {
  std::string response;
  std::string conversation;
};

/// Of a response object: {"object":"response","id","conversation":{"id"}}.
ResponseIds ids_of_response(const json::Value& response);

/// Of the first bytes of a response that is too large to be read whole: its `id`, if that is the
/// first member, as it is with all who make responses.
ResponseIds ids_of_beginning(std::string_view text);

/// The id in the value of `conversation`, of a request or an answer: a string, or an object with an
/// `id`.
std::string conversation_id(const json::Value& conversation);

}  // namespace llm
