#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace http {

/// A backend's base URL. Immutable value.
struct Url {
  bool tls = false;
  std::string host;  ///< lower case; an IPv6 address without brackets
  std::uint16_t port = 80;
  std::string path;  ///< "" or "/…" without a trailing slash; "" for `/v1`, too

  /// The value for Host: brackets around IPv6, the port unless it is the scheme's own.
  std::string authority() const;
};

/// Parses `http(s)://host[:port][/path]`. Refused with a sentence for the operator: other schemes,
/// user and password, query and fragment, IPv4 in odd spellings (`0x7f.1`, `2852039166`), and
/// literal addresses where clouds keep their secrets (169.254.0.0/16, fe80::/10, fd00:ec2::254,
/// mapped or not). `/`, `/v1` and `/v1/` mean no path. The sentence never repeats the URL, which
/// may hold a password.
std::expected<Url, std::string> parse_url(std::string_view text);

}  // namespace http
