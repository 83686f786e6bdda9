#pragma once

#include <string>

#include "proxy/exchange.hpp"

namespace proxy {

/// How many routers a request may pass through: in a loop it would go round for ever.
inline constexpr int kMaxHops = 4;
inline constexpr std::string_view kHopHeader = "x-router-hop";

/// How many routers the request has been through, by its hop header; kMaxHops if that is nonsense.
int hops(const http::RequestHead& head);

/// The head of the request to the backend, built anew (rule S6): our request line, the backend's
/// fixed headers, what of the client's may travel, our own length.
std::string upstream_head(const Exchange& exchange, const upstream::Endpoint& endpoint,
                          std::size_t body_size);

}  // namespace proxy
