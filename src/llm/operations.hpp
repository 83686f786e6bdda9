#pragma once

#include <cstdint>
#include <string_view>

#include "llm/dialect.hpp"

namespace llm {

/// What a good answer that is not streamed is made of.
enum class Plain : std::uint8_t {
  json,   ///< one JSON value and nothing else; anything else is upstream_invalid_response
  bytes,  ///< anything, passed as it comes; what calls itself JSON is an error or as above
};

/// How the endpoint streams, and so what ends its stream (see stream_observer.hpp).
enum class StreamForm : std::uint8_t {
  none,         ///< never: `stream` in its body means nothing
  chat,         ///< `finish_reason` in every choice seen, or `[DONE]`
  completions,  ///< the same, with `text` in place of `delta`
  responses,    ///< `response.completed`, `response.failed` or `response.incomplete`
  messages,     ///< `message_stop`
  images,       ///< `image_generation.completed` or `image_edit.completed`
  speech,       ///< `speech.audio.done`; asked for by `"stream_format": "sse"`
};

/// One endpoint that is forwarded to a backend. An error looks as its dialect has it: the body of
/// error_body.hpp or, once a stream has begun, the event.
struct Operation {
  std::string_view path;
  std::string_view method;
  std::string_view
      model_member;  ///< where, at the top of the JSON body, the model stands; required
  Plain plain;
  StreamForm stream;
  Dialect dialect = Dialect::openai;
};

/// The one table of endpoints, in the order of the documentation.
inline constexpr Operation kOperations[] = {
    {"/v1/chat/completions", "POST", "model", Plain::json, StreamForm::chat},
    {"/v1/completions", "POST", "model", Plain::json, StreamForm::completions},
    {"/v1/embeddings", "POST", "model", Plain::json, StreamForm::none},
    {"/v1/responses", "POST", "model", Plain::json, StreamForm::responses},
    {"/v1/rerank", "POST", "model", Plain::json, StreamForm::none},
    {"/v1/score", "POST", "model", Plain::json, StreamForm::none},
    {"/v1/moderations", "POST", "model", Plain::json, StreamForm::none},
    {"/tokenize", "POST", "model", Plain::json, StreamForm::none},
    {"/detokenize", "POST", "model", Plain::json, StreamForm::none},
    {"/v1/images/generations", "POST", "model", Plain::json, StreamForm::images},
    {"/v1/audio/speech", "POST", "model", Plain::bytes, StreamForm::speech},
    {"/v1/messages", "POST", "model", Plain::json, StreamForm::messages, Dialect::anthropic},
    {"/v1/messages/count_tokens", "POST", "model", Plain::json, StreamForm::none,
     Dialect::anthropic},
};

inline constexpr std::string_view kApiVersion = "/v1";

/// Whether a path is the one of the API that `canonical` names: exactly, or without the version,
/// for clients whose base URL lacks it.
constexpr bool is_path(std::string_view path, std::string_view canonical) {
  if (path == canonical) return true;
  return canonical.starts_with("/v1/") && canonical.substr(kApiVersion.size()) == path;
}

/// The operation at this path (no query string), or nullptr. Points into kOperations.
constexpr const Operation* find_operation(std::string_view path) {
  for (const Operation& operation : kOperations) {
    if (is_path(path, operation.path)) return &operation;
  }
  return nullptr;
}

}  // namespace llm
