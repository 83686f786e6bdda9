#pragma once

#include "proxy/attempts.hpp"
#include "proxy/exchange.hpp"
#include "proxy/held_head.hpp"

namespace proxy {

/// Brings a plain answer to the client. An error object with a good status is told as the error it
/// is. It is collected and checked before anything is sent, so that a broken one becomes a clean
/// error; one larger than `limits.answer` streams through, still checked, and is cut off without a
/// proper end if it turns out broken. Where the operation promises bytes, they are sent as they
/// come. An error is to be answered by the caller.
io::Task<base::Result<void>> relay_plain(Exchange& exchange, Upstream& upstream, HeldHead& held);

/// A backend's 4xx or 5xx: its status, and its body as an error object. 401 and 403 are our key's
/// fault, not the client's: upstream_auth_failed.
io::Task<base::Result<void>> relay_error(Exchange& exchange, Upstream& upstream, HeldHead& held);

/// Brings a stream to the client, each event at once and unchanged, reading along for its end
/// signal and for errors. What breaks, stalls or ends too early becomes an error: for the caller to
/// answer while `held` is not committed, else sent here as the stream's last event.
io::Task<base::Result<void>> relay_stream(Exchange& exchange, Upstream& upstream, HeldHead& held);

/// Ends a stream whose head is out with the dialect's error event and a proper end.
io::Task<void> end_stream_with(Exchange& exchange, HeldHead& held, const base::Error& error);

}  // namespace proxy
