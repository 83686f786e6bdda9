#pragma once

#include <string_view>

#include "llm/call.hpp"
#include "llm/response_ids.hpp"
#include "proxy/exchange.hpp"

/// Responses that a backend keeps: what names one goes to the endpoint that made it.
namespace proxy {

/// Whose responses a request may name.
upstream::ResponseMemory::Client client_of(const Exchange& exchange);

/// The endpoint that must serve a call since it has what the call continues; null if any of the
/// cluster may: it continues nothing, or there is but one. Error: response_not_found.
base::Result<upstream::EndpointPtr> owner_of(const Exchange& exchange, const llm::Call& call,
                                             const upstream::Cluster& cluster);

/// The endpoint that made the response of this id, as it stands in a path. Error:
/// response_not_found.
base::Result<upstream::EndpointPtr> maker_of(const Exchange& exchange, std::string_view id);

/// Notes who has made a response, before the client hears of it: it may ask for it at once.
void remember(Exchange& exchange, upstream::Endpoint& maker, const llm::ResponseIds& ids);

}  // namespace proxy
