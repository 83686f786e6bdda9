#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace base {

/// Every way in which a request can fail. The name is the `code` that a client reads, a log field
/// and a metric label; llm/error_table.cpp gives each its HTTP status, type and retry advice.
enum class ErrorCode : std::uint8_t {
  // The client's request (source: downstream).
  bad_request,
  invalid_json,
  duplicate_key,
  missing_model,
  invalid_model,
  model_not_found,
  response_not_found,
  invalid_api_key,
  not_found,
  method_not_allowed,
  request_timeout,
  body_too_large,
  uri_too_long,
  unsupported_media_type,
  unsupported_encoding,
  expectation_failed,
  headers_too_large,
  http_version_not_supported,
  loop_detected,
  // The router itself (source: internal).
  models_loading,
  router_overloaded,
  router_draining,
  internal_error,
  // The backend (source: upstream).
  upstream_unreachable,
  upstream_tls_error,
  upstream_timeout,
  upstream_connection_closed,
  upstream_incomplete,
  upstream_invalid_response,
  upstream_response_too_large,
  upstream_protocol_error,
  upstream_auth_failed,
  upstream_stream_error,
  upstream_stalled,
  // Nobody is left to be told: logged as status 499.
  client_closed,
};

inline constexpr int kErrorCodeCount = static_cast<int>(ErrorCode::client_closed) + 1;

/// Who is at fault: whose failure it counts as.
enum class ErrorSource : std::uint8_t { downstream, internal, upstream };

/// Whether another attempt may be made without the risk of doing the work twice.
enum class Retry : std::uint8_t {
  never,      ///< the work may have been done, or will fail again
  if_unsent,  ///< nothing of the request had reached the peer
  safe,       ///< the peer refused it in so many words (429, 503)
};

/// The one error type of every path.
struct Error {
  ErrorCode code;
  ErrorSource source;
  Retry retry = Retry::never;
  /// For the client: may name a model, a field, a limit; never a backend's URL, key or address.
  std::string message;
  /// For the log and the operator: the cause, with addresses, without secrets.
  std::string cause = {};
  /// The request field that `error.param` names, where there is one.
  std::string_view param = {};
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string message,
                                   std::string_view param = {}) {
  return std::unexpected(
      Error{code, ErrorSource::downstream, Retry::never, std::move(message), {}, param});
}

inline std::unexpected<Error> fail_internal(ErrorCode code, std::string message,
                                            std::string cause = {}) {
  return std::unexpected(
      Error{code, ErrorSource::internal, Retry::never, std::move(message), std::move(cause)});
}

inline std::unexpected<Error> fail_upstream(ErrorCode code, std::string message,
                                            std::string cause = {}, Retry retry = Retry::never) {
  return std::unexpected(
      Error{code, ErrorSource::upstream, retry, std::move(message), std::move(cause)});
}

}  // namespace base
