#pragma once

#include <cstddef>
#include <string>

#include "upstream/connector.hpp"

namespace upstream {

/// A GET of the router's own, beside its clients' requests.
struct Question {
  std::string target;
  base::Duration patience;  ///< from the sent request to the body's end
  std::size_t max_bytes;    ///< of the body
};

struct Reply {
  int status = 0;
  std::string body;
  bool cut = false;  ///< the body is longer than was asked for; what came of it is there
};

/// Asks with the backend's credentials, on a kept connection or a new one; a kept one that turns
/// out to be dead is replaced. Errors: as Connector::open() and http::ClientConnection; a body that
/// takes too long is upstream_timeout.
io::Task<base::Result<Reply>> ask(io::Loop& loop, Connector& connector, Endpoint& endpoint,
                                  Question question);

}  // namespace upstream
