#pragma once

#include "llm/operations.hpp"
#include "llm/stored_responses.hpp"
#include "proxy/exchange.hpp"

namespace proxy {

/// Serves one request for a model, from its head to the last byte of the answer. Always answers, if
/// the client is still there; exchange.close says whether the connection must end after it.
io::Task<void> handle(Exchange& exchange, const llm::Operation& operation);

/// The same for one that names a stored response instead of a model.
io::Task<void> handle_stored(Exchange& exchange, const llm::Operation& operation,
                             llm::StoredPath path);

}  // namespace proxy
