#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "http/field_parser.hpp"
#include "http/framing.hpp"
#include "http/headers.hpp"

namespace http {

/// The head of a backend's answer. Views into the buffer that was parsed.
/// Owner: the upstream connection; worker-local; valid while the buffer keeps the head's bytes.
struct ResponseHead {
  int status = 0;  ///< 100 to 599; an interim (1xx) head is followed by another one
  int minor = 1;   ///< of HTTP/1.x
  Headers headers;
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;  ///< with Framing::length
  bool keep_alive = true;            ///< whether the connection can serve another request
  std::optional<std::chrono::seconds> keep_alive_timeout;  ///< `Keep-Alive: timeout=`
  bool connection_names_fields = false;
  std::size_t size = 0;  ///< bytes of the head; what follows is the body

  /// Makes all views right after the buffer has moved; `head` is where its first byte is now.
  void rebase(const char* head) { headers.rebase(head); }
};

/// The strict parser of response heads (RFC 9112), to requests other than HEAD and CONNECT.
/// Pure; owner: one upstream connection; worker-local.
class ResponseHeadParser {
 public:
  explicit ResponseHeadParser(Limits limits = {}) : limits_(limits) {}

  /// As RequestHeadParser::parse; fails with upstream_protocol_error or
  /// upstream_response_too_large.
  base::Result<bool> parse(std::string_view buffered, ResponseHead& out);

  /// Before the next head: after an interim answer, or for the connection's next request.
  void reset() { state_ = State::status_line, position_ = 0; }

 private:
  enum class State : std::uint8_t { status_line, reason, fields };
  enum class Progress : std::uint8_t { done, more, failed };

  Progress parse_status_line(std::string_view head, ResponseHead& out);
  Progress parse_reason(std::string_view head);
  Progress parse_fields(std::string_view head, ResponseHead& out);
  Progress take_field(ResponseHead& out);
  Progress take_length(ResponseHead& out);
  Progress take_transfer_encoding(ResponseHead& out);
  Progress finish(std::string_view head, ResponseHead& out);
  Progress refuse(std::string_view what, Fault::Kind kind = Fault::Kind::malformed);

  Limits limits_;
  State state_ = State::status_line;
  std::size_t position_ = 0;
  ConnectionOptions connection_;
  FieldParser fields_;
  Fault fault_;
};

}  // namespace http
