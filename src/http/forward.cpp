#include "http/forward.hpp"

#include <algorithm>
#include <array>

namespace http {
namespace {

constexpr HeaderIdSet kHopByHop{HeaderId::connection,
                                HeaderId::keep_alive,
                                HeaderId::proxy_connection,
                                HeaderId::proxy_authenticate,
                                HeaderId::proxy_authorization,
                                HeaderId::proxy_authentication_info,
                                HeaderId::proxy,
                                HeaderId::te,
                                HeaderId::trailer,
                                HeaderId::upgrade,
                                HeaderId::http2_settings};

constexpr HeaderIdSet kFraming{HeaderId::content_length, HeaderId::transfer_encoding};

constexpr HeaderIdSet kRouterOwn{HeaderId::x_router, HeaderId::x_request_id, HeaderId::request_id};

constexpr HeaderIdSet kCredentials{HeaderId::authorization, HeaderId::x_api_key,
                                   HeaderId::api_key,       HeaderId::x_goog_api_key,
                                   HeaderId::credential,    HeaderId::cookie};

constexpr HeaderIdSet kNeverToBackend = kHopByHop | kFraming | kRouterOwn |
                                        HeaderIdSet{HeaderId::host,
                                                    HeaderId::expect,
                                                    HeaderId::accept_encoding,
                                                    HeaderId::forwarded,
                                                    HeaderId::x_forwarded_for,
                                                    HeaderId::x_forwarded_host,
                                                    HeaderId::x_forwarded_proto,
                                                    HeaderId::x_forwarded,
                                                    HeaderId::x_real_ip};

constexpr HeaderIdSet kNeverToClient =
    kHopByHop | kFraming | kRouterOwn |
    HeaderIdSet{HeaderId::server, HeaderId::set_cookie, HeaderId::via};

// What the name is to a server that reads `_` as `-`.
HeaderId identify_folded(const Header& header) {
  if (header.id != HeaderId::other || !header.name.contains('_')) return header.id;
  std::array<char, Headers::kMaxNameSize> folded;
  std::ranges::replace_copy(header.name, folded.begin(), '_', '-');
  return identify({folded.data(), header.name.size()});
}

bool is_replaced(std::string_view name, std::span<const std::string_view> replaced) {
  return std::ranges::any_of(
      replaced, [name](std::string_view other) { return equals_ignoring_case(name, other); });
}

/// Secrets are longer than most fields, so that this is hardly more than a comparison of lengths.
bool holds_secret(std::string_view text, std::span<const std::string_view> secrets) {
  return std::ranges::any_of(secrets, [text](std::string_view secret) {
    return text.size() >= secret.size() && text.contains(secret);
  });
}

void append(std::string& out, const Header& header) {
  out.append(header.name).append(": ").append(header.value).append("\r\n");
}

}  // namespace

void append_request_headers(std::string& out, const RequestHead& head, const ForwardRules& rules) {
  const HeaderIdSet denied =
      rules.forward_credentials ? kNeverToBackend : kNeverToBackend | kCredentials;
  for (const Header header : head.headers) {
    if (denied.contains(identify_folded(header))) continue;
    if (head.connection_names_fields && is_named_by_connection(head.headers, header.name)) continue;
    if (is_replaced(header.name, rules.replaced)) continue;
    append(out, header);
  }
}

void append_response_headers(std::string& out, const ResponseHead& head, const ReturnRules& rules) {
  for (const Header header : head.headers) {
    if (kNeverToClient.contains(identify_folded(header))) continue;
    if (head.connection_names_fields && is_named_by_connection(head.headers, header.name)) continue;
    if (is_replaced(header.name, rules.replaced)) continue;
    if (holds_secret(header.value, rules.secrets) || holds_secret(header.name, rules.secrets)) {
      continue;
    }
    append(out, header);
  }
}

}  // namespace http
