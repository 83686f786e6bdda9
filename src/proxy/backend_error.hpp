#pragma once

#include <string>

#include "http/response_head.hpp"
#include "llm/backend_error.hpp"
#include "proxy/exchange.hpp"
#include "proxy/held_head.hpp"

namespace proxy {

/// A backend's own error comes to the client as an answer with its status while the head is held,
/// and as the stream's last event after that. 401 and 403 are not told but returned as
/// upstream_auth_failed, since it is our key that was refused; unless the backend has
/// `auth: {type: forward}`: then it was the client's own.

/// The answer `head`, a 4xx or 5xx, has a body that was made the error object `body`, without
/// secrets.
io::Task<base::Result<void>> tell_backend_error(Exchange& exchange, HeldHead& held,
                                                std::string body, const http::ResponseHead& head);

/// The error `said` stood in a stream, or in place of an answer with a good status. If it names no
/// status of an error, that is 502.
io::Task<base::Result<void>> tell_reported_error(Exchange& exchange, HeldHead& held,
                                                 const llm::BackendError& said);

}  // namespace proxy
