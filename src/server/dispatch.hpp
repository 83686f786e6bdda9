#pragma once

#include "proxy/exchange.hpp"

namespace server {

/// Brings a request to who serves its path: the proxy for calls of a model, the router itself for
/// `/`, `/healthz`, `/readyz` and `/v1/models`. Everything else is answered with 404 or 405.
io::Task<void> dispatch(proxy::Exchange& exchange);

}  // namespace server
