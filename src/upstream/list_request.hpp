#pragma once

#include <vector>

#include "llm/model_list.hpp"
#include "upstream/connector.hpp"

namespace upstream {

/// Asks a backend for its models, with its credentials, at each place where the list may be, and
/// remembers the one that answered. All pages, 100 at most. Errors, for the operator: what went
/// wrong with the place that was tried last, without secrets.
io::Task<base::Result<std::vector<llm::ListedModel>>> request_models(io::Loop& loop,
                                                                     Connector& connector,
                                                                     Endpoint& endpoint);

}  // namespace upstream
