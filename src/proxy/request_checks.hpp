#pragma once

#include "proxy/exchange.hpp"

namespace proxy {

/// That the request has not come round in a loop. Error: loop_detected.
base::Result<void> check_hops(const Exchange& exchange);

/// What the head of a call must say before its body is read: it has not come round in a loop, and
/// its body is JSON as it stands. Errors: loop_detected, unsupported_media_type,
/// unsupported_encoding.
base::Result<void> check_head(const Exchange& exchange);

/// Whether the client has shown a key that is accepted, in `Authorization: Bearer` or `x-api-key`.
/// Error: invalid_api_key, in the same words whatever is wrong with it.
base::Result<void> authenticate(const Exchange& exchange);

/// The key by which an authenticated client has come in; empty if none is asked for. A view into
/// the request's head.
std::string_view accepted_key(const Exchange& exchange);

/// The endpoints that serve a model. Errors: models_loading while some backend has never been
/// asked, then model_not_found.
base::Result<const upstream::Cluster*> route(Exchange& exchange, std::string_view model);

}  // namespace proxy
