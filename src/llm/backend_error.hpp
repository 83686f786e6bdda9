#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "json/value.hpp"
#include "llm/secrets.hpp"

namespace llm {

/// An error in a backend's own words, brought into the form that every SDK understands.
struct BackendError {
  /// The value of `error`: a JSON object on one line with a string `message` and a `code` that is
  /// a string or null. The backend's own bytes wherever they have that form.
  std::string object;
  std::string message;  ///< for the log; like `object` without secrets
  int status = 0;       ///< the HTTP status it stands for; 0 if it doesn't say
};

/// What an error says when it leaves something out.
struct ErrorDefaults {
  std::string_view message;
  std::string_view type;  ///< empty: by the status that its code stands for, else `server_error`
  std::string_view code;
};

/// Recognises an error in JSON of any known form, or nullopt if it is none:
///   {"error": {...}}  {"error": "text"}             OpenAI, llama.cpp, Ollama, TGI; vLLM's code is
///                                                   a number
///   {"object": "error", "message", "type", "code"}  vLLM before 0.10.1
///   {"type": "error", "error": {...}}               Anthropic
///   {"type": "error", "message", "code"}            OpenAI's responses
///   {"detail": ...}                                 FastAPI
///   {"message": "text"}                             without `choices`; gateways
///   [{"error": {...}}]                              Google
///   {"choices": [{"finish_reason": "error",         OpenRouter, beside the first form
///                 "error": {...}}]}
/// `json` has been validated. The result is free of `secrets`.
std::optional<BackendError> find_error(std::string_view json, const ErrorDefaults& defaults,
                                       Secrets secrets);

/// `text` with the error object in it made good: a number as `code` becomes a string, secrets are
/// masked, all else stays byte for byte. nullopt if that isn't enough, so that the error must be
/// written anew: no string `message`, a `code` of another type, a secret hidden by escapes.
/// `error` is a value in `text`, which has been validated.
std::optional<std::string> keep_form(std::string_view text, const json::Value& error,
                                     Secrets secrets);

/// The error that a plain answer with a good status is in truth: an object with an `error` that is
/// neither null nor empty, or with `object` set to `error`, and without anything that an answer has
/// (`choices`, `data`, `output`, `results`; a failed response is an answer of its own kind).
/// Nullopt if it is none. `json` has been validated.
std::optional<BackendError> find_error_answer(std::string_view json, Secrets secrets);

/// The error that text without JSON is taken for: HTML without its tags, at most 500 bytes.
BackendError error_of_text(std::string_view text, const ErrorDefaults& defaults, Secrets secrets);

/// The error for the log and the metrics: upstream_stream_error with the backend's words.
base::Error as_error(const BackendError& error);

}  // namespace llm
