#pragma once

#include <span>
#include <string>
#include <string_view>

#include "http/request_head.hpp"
#include "http/response_head.hpp"

namespace http {

/// What decides over a request's headers besides the fixed deny-list.
struct ForwardRules {
  /// Pass on the client's own Authorization, API key and cookie headers.
  bool forward_credentials = false;
  /// Names that the router writes itself for this backend, so that the client's are left out.
  std::span<const std::string_view> replaced = {};
};

/// Appends `name: value\r\n` for each header that may travel to the backend, in the client's
/// order and spelling. Left out: hop-by-hop fields and whatever Connection names, framing, Host,
/// Expect, Accept-Encoding, credentials (see rules), forwarding headers, and the router's own
/// (x-router-*, x-request-id). A name that turns into one of these when `_` is read as `-` is left
/// out too: CGI-like servers can't tell the two apart. The caller writes what it wants instead.
void append_request_headers(std::string& out, const RequestHead& head, const ForwardRules& rules);

/// The same for an answer's headers.
struct ReturnRules {
  /// Names that the caller writes itself.
  std::span<const std::string_view> replaced = {};
  /// What must not reach the client: a field that holds one of them is left out (rule S10).
  std::span<const std::string_view> secrets = {};
};

/// The same for the way back: left out are hop-by-hop fields and whatever Connection names,
/// framing, Server, Set-Cookie, Via, the router's own, and what the rules say. Content-Encoding
/// and Date stay.
void append_response_headers(std::string& out, const ResponseHead& head,
                             const ReturnRules& rules = {});

}  // namespace http
