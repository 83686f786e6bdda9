#pragma once

#include <string>

#include "http/response_head.hpp"
#include "proxy/exchange.hpp"
#include "proxy/held_head.hpp"

namespace proxy {

/// Tells the client a backend's own error: as an answer with its status while the head is held, as
/// the stream's last event after that. `body` is an error object without secrets; `head` gives more
/// fields, if there was one. A status of 0, or one that is no error, becomes 502.
///
/// 401 and 403 are not told but returned as upstream_auth_failed, since it is our key that was
/// refused; unless the backend has `auth: {type: forward}`: then it was the client's own.
io::Task<base::Result<void>> tell_backend_error(Exchange& exchange, HeldHead& held, int status,
                                                std::string body, const http::ResponseHead* head);

}  // namespace proxy
