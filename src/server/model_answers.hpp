#pragma once

#include <string_view>

#include "proxy/exchange.hpp"

namespace server {

/// GET /v1/models, in the form of the API that the client speaks (Exchange::dialect()).
io::Task<void> answer_models(proxy::Exchange& exchange, std::string_view path);

/// GET /v1/models/{id}.
io::Task<void> answer_model(proxy::Exchange& exchange, std::string_view path);

}  // namespace server
