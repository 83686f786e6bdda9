#pragma once

#include <string_view>

#include "proxy/exchange.hpp"
#include "proxy/held_head.hpp"
#include "proxy/outgoing_request.hpp"
#include "upstream/balance.hpp"

namespace proxy {

/// A backend whose answer has begun: its head has been read.
struct Upstream {
  upstream::Endpoint* endpoint = nullptr;
  std::unique_ptr<upstream::Connection> connection;
  base::Instant sent;  ///< when the request had gone out: the clock of first_token and total

  [[nodiscard]] http::ClientConnection& http() const { return connection->http; }
};

/// Sends the request to the cluster's endpoints, least loaded first, until one answers. The next
/// one is tried only where it is certain that nothing of the request was seen: the connection was
/// not made, or a pooled one turned out to be dead before the backend's kernel had acknowledged a
/// byte (then a fresh one to the same endpoint first). Whatever might have been worked on, and so
/// be billed twice, is not repeated (RFC 9110 9.2.2).
///
/// Each endpoint is asked for the model by its own name for it. The body lives until the answer's
/// head has come.
io::Task<base::Result<Upstream>> attempt(Exchange& exchange, const upstream::Cluster& cluster,
                                         RequestBody body, HeldHead& held);

/// When a stream's first content, or a plain answer's last byte, must be there.
base::Instant first_limit(const Upstream& upstream, bool streaming);

}  // namespace proxy
