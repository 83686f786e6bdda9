#include "llm/error_table.hpp"

#include <cstddef>

namespace llm {
namespace {

using base::ErrorCode;
using enum RetryAdvice;

constexpr std::string_view kInvalid = "invalid_request_error";
constexpr std::string_view kServer = "server_error";

constexpr ErrorFacts kFacts[] = {
    {ErrorCode::bad_request, 400, "bad_request", kInvalid, never,
     "The request breaks HTTP or a rule of the API."},
    {ErrorCode::invalid_json, 400, "invalid_json", kInvalid, never,
     "The body is not one JSON object in UTF-8."},
    {ErrorCode::duplicate_key, 400, "duplicate_key", kInvalid, never,
     "A name occurs twice in the body, or `model` or `stream` is spelled ambiguously."},
    {ErrorCode::missing_model, 400, "missing_model", kInvalid, never, "The body has no `model`."},
    {ErrorCode::invalid_model, 400, "invalid_model", kInvalid, never,
     "`model` is not a string of 1 to 256 bytes without control characters."},
    {ErrorCode::model_not_found, 404, "model_not_found", kInvalid, never,
     "No backend serves this model."},
    {ErrorCode::response_not_found, 404, "response_not_found", kInvalid, never,
     "It is not known which backend has this response or conversation."},
    {ErrorCode::invalid_api_key, 401, "invalid_api_key", kInvalid, never,
     "The API key is missing or wrong."},
    {ErrorCode::not_found, 404, "not_found", kInvalid, never, "The router has no such path."},
    {ErrorCode::method_not_allowed, 405, "method_not_allowed", kInvalid, never,
     "The path exists, but not with this method."},
    {ErrorCode::request_timeout, 408, "request_timeout", kInvalid, maybe,
     "The request did not arrive in time."},
    {ErrorCode::body_too_large, 413, "body_too_large", kInvalid, never,
     "The body is larger than `limits` allows."},
    {ErrorCode::uri_too_long, 414, "uri_too_long", kInvalid, never,
     "The request's target is too long."},
    {ErrorCode::unsupported_media_type, 415, "unsupported_media_type", kInvalid, never,
     "The body is not sent as `application/json`."},
    {ErrorCode::unsupported_encoding, 415, "unsupported_encoding", kInvalid, never,
     "The body is compressed or otherwise encoded."},
    {ErrorCode::expectation_failed, 417, "expectation_failed", kInvalid, never,
     "`Expect` asks for something other than `100-continue`."},
    {ErrorCode::headers_too_large, 431, "headers_too_large", kInvalid, never,
     "The header is larger, or has more fields, than `limits` allows."},
    {ErrorCode::http_version_not_supported, 505, "http_version_not_supported", kServer, never,
     "The request is neither HTTP/1.1 nor HTTP/1.0."},
    {ErrorCode::loop_detected, 508, "loop_detected", kServer, never,
     "The request has passed through too many routers: a backend's URL leads back to this one."},
    {ErrorCode::models_loading, 503, "models_loading", kServer, maybe,
     "The model is unknown so far, and some backend has not been asked yet."},
    {ErrorCode::router_overloaded, 503, "router_overloaded", kServer, maybe,
     "The router is at one of its limits."},
    {ErrorCode::router_draining, 503, "router_draining", kServer, maybe,
     "The router is shutting down."},
    {ErrorCode::internal_error, 500, "internal_error", kServer, maybe,
     "The router has failed in a way it should not."},
    {ErrorCode::upstream_unreachable, 502, "upstream_unreachable", kServer, maybe,
     "No connection to the backend could be made."},
    {ErrorCode::upstream_tls_error, 502, "upstream_tls_error", kServer, never,
     "The backend's TLS certificate or handshake was refused."},
    {ErrorCode::upstream_timeout, 504, "upstream_timeout", kServer, maybe,
     "The backend did not connect or answer in time."},
    {ErrorCode::upstream_connection_closed, 502, "upstream_connection_closed", kServer, maybe,
     "The backend closed the connection before it answered."},
    {ErrorCode::upstream_incomplete, 502, "upstream_incomplete", kServer, maybe,
     "The backend's answer ended before it was whole."},
    {ErrorCode::upstream_invalid_response, 502, "upstream_invalid_response", kServer, maybe,
     "The backend's answer is not what the endpoint promises."},
    {ErrorCode::upstream_response_too_large, 502, "upstream_response_too_large", kServer, never,
     "The backend's header, or one event of its stream, is over the limit."},
    {ErrorCode::upstream_protocol_error, 502, "upstream_protocol_error", kServer, maybe,
     "The backend's answer breaks HTTP."},
    {ErrorCode::upstream_auth_failed, 502, "upstream_auth_failed", kServer, never,
     "The backend refused the router's credentials (its 401 or 403)."},
    {ErrorCode::upstream_stream_error, 502, "upstream_stream_error", kServer, maybe,
     "The backend's stream broke, ended too early or reported an error."},
    {ErrorCode::upstream_stalled, 502, "upstream_stalled", kServer, maybe,
     "The backend's stream stood still for too long."},
    {ErrorCode::client_closed, 499, "client_closed", kInvalid, never,
     "The client left before its answer was whole."},
};

constexpr bool in_order_and_complete() {
  if (std::size(kFacts) != static_cast<std::size_t>(base::kErrorCodeCount)) return false;
  for (std::size_t i = 0; i < std::size(kFacts); ++i) {
    if (static_cast<std::size_t>(kFacts[i].code) != i) return false;
  }
  return true;
}
static_assert(in_order_and_complete(), "every base::ErrorCode has its entry, in the enum's order");

}  // namespace

const ErrorFacts& facts(base::ErrorCode code) {
  return kFacts[static_cast<std::size_t>(code)];
}

std::span<const ErrorFacts> all_error_facts() {
  return kFacts;
}

std::string_view error_type(int status) {
  if (status == 429) return "rate_limit_error";
  return status >= 400 && status < 500 ? kInvalid : kServer;
}

std::string_view anthropic_error_type(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 402:
      return "billing_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 409:
      return "conflict_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 503:
    case 529:
      return "overloaded_error";
    case 504:
      return "timeout_error";
    default:
      return status >= 400 && status < 500 ? kInvalid : "api_error";
  }
}

}  // namespace llm
