#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "http/response_head.hpp"
#include "proxy/exchange.hpp"

namespace proxy {

/// The reason phrase of a status (RFC 9110 15), or "" for one without a name.
std::string_view reason(int status);

/// An answer of the router's own.
struct Answer {
  int status = 200;
  std::string_view content_type = "application/json";
  std::string_view body;
  std::string_view headers = {};  ///< more header lines, each with its CRLF
};

/// Sends it whole; for HEAD without its body. Notes the status. False if the client has gone.
io::Task<bool> answer(Exchange& exchange, Answer what);

/// The status line and what every answer carries: request id, connection. Without the blank line.
void append_head(std::string& out, const Exchange& exchange, int status);

/// Sends a backend's answer, collected and checked, with those of its header fields that may
/// travel. `ours` is not empty if the body is the router's: its lines replace the backend's
/// Content-Type, Content-Encoding and, if it holds one, x-should-retry. `head` may be null: the
/// backend's answer had no head of its own (an error within a stream).
io::Task<bool> pass_answer(Exchange& exchange, int status, const http::ResponseHead* head,
                           std::string_view body, std::string_view ours = {});

/// The one place that turns an error into an answer, if the answer's head has not been sent.
/// Nothing is sent to a client that has gone.
io::Task<void> answer_error(Exchange& exchange, base::Error error,
                            std::string_view more_headers = {});

}  // namespace proxy
