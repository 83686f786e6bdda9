#include "proxy/request_checks.hpp"

#include "base/try.hpp"
#include "http/target.hpp"
#include "proxy/request_head.hpp"

namespace proxy {
namespace {

using base::ErrorCode;
using http::HeaderId;

// A backend that reads it would be asked for a model that nobody has checked (rule S2).
constexpr std::string_view kModelParameter = "model";

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t'))
    text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t'))
    text.remove_suffix(1);
  return text;
}

/// `application/json`; of parameters, a charset other than JSON's own is refused (RFC 8259 8.1).
bool is_json(std::string_view content_type) {
  std::size_t end = content_type.find(';');
  if (!http::equals_ignoring_case(trim(content_type.substr(0, end)), "application/json")) {
    return false;
  }
  while (end != std::string_view::npos) {
    content_type.remove_prefix(end + 1);
    end = content_type.find(';');
    const std::string_view parameter = trim(content_type.substr(0, end));
    const bool is_charset = http::equals_ignoring_case(parameter.substr(0, 8), "charset=");
    const std::string_view value = is_charset ? parameter.substr(8) : std::string_view();
    if (is_charset && !http::equals_ignoring_case(value, "utf-8") &&
        !http::equals_ignoring_case(value, "\"utf-8\"")) {
      return false;
    }
  }
  return true;
}

}  // namespace

base::Result<void> check_hops(const Exchange& exchange) {
  if (hops(exchange.downstream.head()) < kMaxHops) return {};
  return base::fail(ErrorCode::loop_detected,
                    "The request has passed through too many routers: some backend's URL leads "
                    "back to this router.");
}

base::Result<void> check_head(const Exchange& exchange) {
  TRY_VOID(check_hops(exchange));
  const http::RequestHead& head = exchange.downstream.head();
  const std::size_t query = head.target.find('?');
  if (query != std::string_view::npos &&
      http::query_names(head.target.substr(query + 1), kModelParameter)) {
    return base::fail(ErrorCode::bad_request,
                      "The query must not name a `model`: it is read from the body alone.",
                      kModelParameter);
  }
  const auto coding = head.headers.find(HeaderId::content_encoding);
  if (coding && !http::equals_ignoring_case(*coding, "identity")) {
    return base::fail(ErrorCode::unsupported_encoding,
                      "Send the body as it is, without `Content-Encoding`.");
  }
  const auto type = head.headers.find(HeaderId::content_type);
  if (!type || !is_json(*type)) {
    return base::fail(ErrorCode::unsupported_media_type,
                      "Send the body as JSON with the header `Content-Type: application/json`.");
  }
  return {};
}

std::string_view accepted_key(const Exchange& exchange) {
  const policy::ApiKeys& keys = exchange.worker.keys;
  if (keys.open()) return {};
  const http::Headers& headers = exchange.downstream.head().headers;
  if (const auto authorization = headers.find(HeaderId::authorization)) {
    const auto token = policy::bearer_token(*authorization);
    if (token && keys.accepts(*token)) return *token;
  }
  const auto key = headers.find(HeaderId::x_api_key);
  return key && keys.accepts(*key) ? *key : std::string_view();
}

base::Result<void> authenticate(const Exchange& exchange) {
  if (exchange.worker.keys.open() || !accepted_key(exchange).empty()) return {};
  return base::fail(ErrorCode::invalid_api_key,
                    "The API key is missing or not valid. Send it as `Authorization: Bearer KEY`.");
}

base::Result<const upstream::Cluster*> route(Exchange& exchange, std::string_view model) {
  const upstream::RoutingTable* table = exchange.table.get();
  if (const auto* cluster = table != nullptr ? table->find(model) : nullptr) return cluster;
  if (table != nullptr) exchange.addressed = table->address(model);
  if (exchange.addressed != nullptr) return exchange.addressed.get();
  if (table == nullptr || !table->settled) {
    return base::fail_internal(ErrorCode::models_loading,
                               "The router is still asking its backends which models they serve.");
  }
  return base::fail(ErrorCode::model_not_found,
                    "The model `" + std::string(model) + "` does not exist or is not served here.",
                    "model");
}

}  // namespace proxy
