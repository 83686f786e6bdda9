#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.hpp"
#include "http/field_parser.hpp"
#include "http/framing.hpp"
#include "http/headers.hpp"

namespace http {

/// A request's head, as it stood on the wire. Views into the buffer that was parsed.
/// Owner: the connection; worker-local; valid while the buffer keeps the head's bytes.
struct RequestHead {
  std::string_view method;
  std::string_view target;  ///< origin form; `*` for OPTIONS; authority form for CONNECT
  int minor = 1;            ///< of HTTP/1.x
  Headers headers;
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;  ///< with Framing::length
  bool keep_alive = true;
  bool expect_continue = false;  ///< a body comes only after a `100 Continue`
  bool connection_names_fields = false;
  std::size_t size = 0;  ///< bytes of the head; what follows is the body

  /// Makes all views right after the buffer has moved; `head` is where its first byte is now.
  void rebase(const char* head);
};

/// The strict parser of request heads (RFC 9112): what any of llhttp (strict), nginx or HAProxy
/// refuses is refused here, so that no peer in front or behind can read a request differently.
/// It is the security core of the router, and fuzzed against llhttp.
/// Pure; owner: one connection; worker-local.
class RequestHeadParser {
 public:
  static constexpr std::size_t kMaxMethodSize = 32;
  static constexpr std::size_t kMaxTargetSize = 8 * 1024;

  explicit RequestHeadParser(Limits limits = {}) : limits_(limits) {}

  /// True: complete, `out` is the head, its size in `out.size`. False: more bytes are needed.
  /// `buffered` begins with the first byte of the head and has only grown since the last call
  /// (it may have moved); `out` is the same object in all calls for one head.
  /// Fails as soon as the bytes show a fault, with bad_request, uri_too_long, headers_too_large,
  /// http_version_not_supported or expectation_failed; the connection can only be closed then.
  base::Result<bool> parse(std::string_view buffered, RequestHead& out);

  /// Before the next head, whether the last one was completed or not.
  void reset() {
    state_ = State::method;
    position_ = 0;
  }

 private:
  enum class State : std::uint8_t { method, target, version, fields };

  enum class Progress : std::uint8_t { done, more, failed };

  Progress parse_method(std::string_view head);
  Progress parse_target(std::string_view head);
  Progress parse_version(std::string_view head, RequestHead& out);
  void begin_fields(int minor, RequestHead& out);
  Progress parse_fields(std::string_view head, RequestHead& out);
  Progress take_field(RequestHead& out);
  Progress take_length(RequestHead& out);
  Progress take_transfer_encoding(RequestHead& out);
  Progress take_expect(RequestHead& out);
  Progress finish(std::string_view head, RequestHead& out);
  Progress refuse(std::string_view what, base::ErrorCode code = base::ErrorCode::bad_request);

  Limits limits_;
  State state_ = State::method;
  std::size_t position_ = 0;
  std::size_t target_at_ = 0;
  std::size_t target_size_ = 0;
  ConnectionOptions connection_;
  FieldParser fields_;
  base::ErrorCode refusal_ = base::ErrorCode::bad_request;
  std::string_view refusal_text_;
};

}  // namespace http
