#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "llm/backend_error.hpp"

namespace llm {

/// The body of an error answer: {"error":{"message","type","param","code"}}.
std::string error_body(const base::Error& error);
std::string error_body(const BackendError& error);

/// The end of a stream that has failed: the one event on which every SDK raises, then `[DONE]`.
/// Goes out after a blank line, that is, between two events.
std::string error_event(const base::Error& error);
std::string error_event(const BackendError& error);

/// The body for the client from a backend's answer with a 4xx or 5xx status. It is the backend's,
/// byte for byte, if that is an object with an `error` object that has a string `message` and a
/// `code` that is a string, null or absent; else what it says is put into that form. Secrets are
/// masked in either. The content type is not asked: gateways label JSON as text.
std::string normalise_backend_error(int status, std::string_view body, Secrets secrets);

}  // namespace llm
