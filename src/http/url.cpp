#include "http/url.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "http/char_set.hpp"
#include "http/header_id.hpp"

namespace http {
namespace {

using Unexpected = std::unexpected<std::string>;
using Bytes16 = std::array<unsigned char, 16>;

constexpr CharSet kHostChars{[](unsigned char c) consteval {
  return is_digit(c) || is_alpha(c) || c == '-' || c == '.' || c == '_';
}};
// `pchar` of RFC 3986 and the slash; escapes are checked apart.
constexpr CharSet kPathChars{[](unsigned char c) consteval {
  for (const char mark : {'/', '-', '.', '_', '~', '%', '!', '$', '&', '\'', '(', ')', '*', '+',
                          ',', ';', '=', ':', '@'})
    if (c == static_cast<unsigned char>(mark)) return true;
  return is_digit(c) || is_alpha(c);
}};

bool consists_of(std::string_view text, const CharSet& set) {
  const char* const end = text.data() + text.size();
  return set.skip(text.data(), end) == end;
}

constexpr std::string_view kLinkLocal =
    "the address is link-local, where clouds serve their machines' credentials; "
    "a backend can't live there";

bool is_metadata_v4(const unsigned char* address) {
  return address[0] == 169 && address[1] == 254;
}

bool is_metadata_v6(const Bytes16& address) {
  constexpr Bytes16 kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  constexpr Bytes16 kNat64Prefix = {0, 0x64, 0xff, 0x9b};
  constexpr Bytes16 kAws = {0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54};
  const auto begins_with = [&](const Bytes16& prefix) {
    return std::equal(prefix.begin(), prefix.begin() + 12, address.begin());
  };
  const bool compatible = begins_with(Bytes16{});  // ::a.b.c.d, long deprecated
  if (begins_with(kMappedPrefix) || begins_with(kNat64Prefix) || compatible)
    return is_metadata_v4(address.data() + 12);
  const bool link_local = address[0] == 0xfe && (address[1] & 0xc0U) == 0x80;
  return link_local || address == kAws;
}

std::expected<std::string, std::string> parse_ipv6(std::string_view literal) {
  const std::string text(literal);
  Bytes16 address{};
  if (inet_pton(AF_INET6, text.c_str(), address.data()) != 1 || text.find('\0') != text.npos)
    return Unexpected("the address in brackets is not an IPv6 address");
  if (is_metadata_v6(address)) return Unexpected(kLinkLocal);
  std::array<char, INET6_ADDRSTRLEN> canonical{};
  inet_ntop(AF_INET6, address.data(), canonical.data(), canonical.size());
  return std::string(canonical.data());
}

// As in WHATWG's URL: a host whose last label is a number is meant as an IPv4 address.
bool is_meant_as_ipv4(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  const std::string_view last = host.substr(host.rfind('.') + 1);
  const bool hex = last.starts_with("0x") || last.starts_with("0X");
  if (hex) return std::ranges::all_of(last.substr(2), [](char c) { return hex_value(c) >= 0; });
  return std::ranges::all_of(last, [](char c) { return is_digit(static_cast<unsigned char>(c)); });
}

std::expected<std::string, std::string> parse_name_or_ipv4(std::string_view host) {
  if (host.empty()) return Unexpected("the host is missing");
  if (host.size() > 253) return Unexpected("the host is longer than 253 characters");
  if (!consists_of(host, kHostChars)) return Unexpected("the host holds an invalid character");
  if (host.starts_with('.') || host.find("..") != host.npos)
    return Unexpected("the host has an empty label");

  std::string name(host);
  std::ranges::transform(name, name.begin(), to_lower);
  if (!is_meant_as_ipv4(name)) return name;
  std::array<unsigned char, 4> address{};
  if (inet_pton(AF_INET, name.c_str(), address.data()) != 1)
    return Unexpected("write the IPv4 address as four decimal numbers, such as 127.0.0.1");
  if (is_metadata_v4(address.data())) return Unexpected(kLinkLocal);
  return name;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty() || text.size() > 5) return std::nullopt;
  unsigned port = 0;
  for (const char c : text) {
    if (!is_digit(static_cast<unsigned char>(c))) return std::nullopt;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  if (port == 0 || port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

std::expected<void, std::string> parse_authority(std::string_view authority, Url& url) {
  if (authority.contains('@'))
    return Unexpected("user and password don't belong into a URL; use `auth` instead");
  std::size_t host_end = authority.find(':');
  if (authority.starts_with('[')) {
    host_end = authority.find(']');
    if (host_end == authority.npos)
      return Unexpected("the bracket around the address is not closed");
    ++host_end;
  }
  const std::string_view host = authority.substr(0, host_end);
  const std::string_view rest = authority.substr(host.size());
  auto parsed = host.starts_with('[') ? parse_ipv6(host.substr(1, host.size() - 2))
                                      : parse_name_or_ipv4(host);
  if (!parsed) return Unexpected(std::move(parsed).error());
  url.host = *std::move(parsed);

  if (rest.empty()) return {};
  const auto port = rest.starts_with(':') ? parse_port(rest.substr(1)) : std::nullopt;
  if (!port) return Unexpected("the port must be a number from 1 to 65535");
  url.port = *port;
  return {};
}

std::expected<void, std::string> parse_path(std::string_view path, Url& url) {
  if (path.contains('?')) return Unexpected("a query can't be part of a backend's URL");
  if (path.contains('#')) return Unexpected("a fragment can't be part of a backend's URL");
  if (!consists_of(path, kPathChars)) return Unexpected("the path holds an invalid character");
  for (std::size_t at = path.find('%'); at != path.npos; at = path.find('%', at + 1))
    if (at + 2 >= path.size() || hex_value(path[at + 1]) < 0 || hex_value(path[at + 2]) < 0)
      return Unexpected("the path holds a broken %-escape");

  while (path.ends_with('/'))
    path.remove_suffix(1);
  if (path.contains("//")) return Unexpected("the path has an empty segment (`//`)");
  const std::string closed = std::string(path) + '/';
  if (closed.contains("/./") || closed.contains("/../"))
    return Unexpected("the path has a `.` or `..` segment");
  if (path != "/v1") url.path = path;
  return {};
}

}  // namespace

std::string Url::authority() const {
  const bool ipv6 = host.contains(':');
  std::string text = ipv6 ? '[' + host + ']' : host;
  if (port != (tls ? 443 : 80)) text += ':' + std::to_string(port);
  return text;
}

std::expected<Url, std::string> parse_url(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == text.npos) return Unexpected("a URL begins with http:// or https://");
  const std::string_view scheme = text.substr(0, colon);
  Url url;
  if (equals_ignoring_case(scheme, "https")) {
    url.tls = true;
    url.port = 443;
  } else if (!equals_ignoring_case(scheme, "http")) {
    return Unexpected("only http:// and https:// are supported");
  }

  const std::string_view rest = text.substr(colon + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (auto parsed = parse_authority(authority, url); !parsed)
    return Unexpected(std::move(parsed).error());
  if (auto parsed = parse_path(rest.substr(authority.size()), url); !parsed)
    return Unexpected(std::move(parsed).error());
  return url;
}

}  // namespace http
