#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

namespace http {

/// The header names that the router acts on; all the rest is `other` and travels unread.
/// Fewer than 64, so that a set of them is one word.
enum class HeaderId : std::uint8_t {
  other,
  // Framing and routing of the message itself.
  host,
  content_length,
  transfer_encoding,
  expect,
  // Hop-by-hop (RFC 9110 7.6.1 and what is treated so by custom).
  connection,
  keep_alive,
  proxy_connection,
  proxy_authenticate,
  proxy_authorization,
  proxy_authentication_info,
  proxy,  ///< any other `proxy-*`
  te,
  trailer,
  upgrade,
  http2_settings,
  // Credentials.
  authorization,
  x_api_key,
  api_key,
  x_goog_api_key,
  credential,  ///< other well-known names for a key or a token
  cookie,
  set_cookie,
  // Content.
  content_type,
  content_encoding,
  accept,
  accept_encoding,
  content_range,
  if_match,
  if_none_match,
  if_modified_since,
  if_unmodified_since,
  // Who and whence.
  user_agent,
  server,
  via,
  origin,
  forwarded,
  x_forwarded_for,
  x_forwarded_host,
  x_forwarded_proto,
  x_forwarded,  ///< any other `x-forwarded-*`
  x_real_ip,
  // Answers and retries.
  date,
  location,
  retry_after,
  retry_after_ms,
  x_should_retry,
  x_stainless_retry_count,
  x_request_id,
  request_id,  ///< the same for Anthropic's clients
  x_router,    ///< any `x-router-*`
};

inline constexpr int kHeaderIdCount = static_cast<int>(HeaderId::x_router) + 1;
static_assert(kHeaderIdCount <= 64);

/// Which header a field name is, without regard to case. Any bytes may be given.
HeaderId identify(std::string_view name);

/// ASCII comparison without regard to case, as for field names and tokens.
bool equals_ignoring_case(std::string_view a, std::string_view b);

/// A set of header ids. Immutable value.
class HeaderIdSet {
 public:
  constexpr HeaderIdSet() = default;
  constexpr explicit HeaderIdSet(std::same_as<HeaderId> auto... ids) : bits_((bit(ids) | ...)) {}
  constexpr bool contains(HeaderId id) const { return (bits_ & bit(id)) != 0; }
  constexpr void insert(HeaderId id) { bits_ |= bit(id); }
  constexpr HeaderIdSet operator|(HeaderIdSet more) const {
    HeaderIdSet all;
    all.bits_ = bits_ | more.bits_;
    return all;
  }

 private:
  static constexpr std::uint64_t bit(HeaderId id) {
    return std::uint64_t{1} << static_cast<unsigned>(id);
  }
  std::uint64_t bits_ = 0;
};

}  // namespace http
