#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "llm/backend_error.hpp"
#include "llm/dialect.hpp"

/// The one place that knows how an error looks to a client.
namespace llm {

/// The body of an error answer: {"error":{"message","type","param","code"}} or, as Anthropic has
/// it, {"type":"error","error":{"type","message"}}.
std::string error_body(const base::Error& error, Dialect dialect = Dialect::openai);
std::string error_body(const BackendError& error, Dialect dialect = Dialect::openai);

/// The end of a stream that has failed, from an error's body: the one event on which every SDK of
/// the dialect raises, and for OpenAI's `[DONE]`. Goes out after a blank line, that is, between two
/// events.
std::string error_event(std::string body, Dialect dialect);
std::string error_event(const base::Error& error, Dialect dialect = Dialect::openai);
std::string error_event(const BackendError& error, Dialect dialect = Dialect::openai);

/// The body for the client from a backend's answer with a 4xx or 5xx status. It is the backend's,
/// byte for byte, if that is an object with an `error` object that has a string `message` and a
/// `code` that is a string, null or absent (and, for Anthropic, says that its own type is `error`
/// and which type the error is of); else what it says is put into the dialect's form. Secrets are
/// masked in either. The content type is not asked: gateways label JSON as text.
std::string normalise_backend_error(int status, std::string_view body, Secrets secrets,
                                    Dialect dialect = Dialect::openai);

}  // namespace llm
