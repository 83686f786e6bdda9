#include "config/config.hpp"

#include <algorithm>
#include <limits>

#include "config/header_rules.hpp"
#include "config/values.hpp"

namespace config {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::size_t kLongestUnixPath = 107;  // unix(7)

/// A name of digits and dots alone is a mistyped IPv4 address.
bool is_listen_host(std::string_view host, bool bracketed) {
  if (bracketed) return host.contains(':') && parse_ip(host);
  if (host.find_first_not_of("0123456789.") == std::string_view::npos) {
    return parse_ip(host).has_value();
  }
  return is_host_name(host);
}

std::optional<LogLevel> level_of(std::string_view text) {
  const std::string lower = lower_case(text);
  if (lower == "warning") return LogLevel::warn;
  const auto* level = std::ranges::find(kLogLevelNames, lower);
  if (level == kLogLevelNames.end()) return std::nullopt;
  return static_cast<LogLevel>(level - kLogLevelNames.begin());
}

}  // namespace

bool is_host_name(std::string_view host) {
  const auto is_name_char = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  };
  return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, is_name_char);
}

std::string ListenAddress::to_string() const {
  if (!path.empty()) return std::string(kUnix) + path;
  const std::string shown = host.contains(':') ? "[" + host + "]" : host;
  return shown + ":" + std::to_string(port);
}

bool ListenAddress::is_loopback() const {
  if (!path.empty()) return true;
  static constexpr Cidr kIpv4{{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127, 0, 0, 0}}, 96 + 8};
  static constexpr Cidr kIpv6{{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}, 128};
  return lower_case(host) == "localhost" || kIpv4.contains(host) || kIpv6.contains(host);
}

std::optional<ListenAddress> parse_listen(std::string_view text, std::string_view default_host) {
  if (text.starts_with(kUnix)) {
    const std::string_view path = text.substr(kUnix.size());
    const bool fits = !path.empty() && path.size() <= kLongestUnixPath && !path.contains('\0');
    return fits ? std::optional(ListenAddress{"", 0, std::string(path)}) : std::nullopt;
  }
  const std::size_t colon = text.rfind(':');
  const bool has_host = colon != std::string_view::npos && colon > 0;
  const auto port = parse_whole(colon == std::string_view::npos ? text : text.substr(colon + 1));
  if (!port || *port > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;

  std::string_view host = has_host ? text.substr(0, colon) : default_host;
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (has_host && !is_listen_host(host, bracketed)) return std::nullopt;
  return ListenAddress{std::string(host), static_cast<std::uint16_t>(*port)};
}

std::string_view to_string(LogLevel level) {
  return kLogLevelNames[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> parse_log_level(std::string_view text) {
  std::optional<LogLevel> general;
  std::optional<LogLevel> own;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      general = level_of(part);
    } else if (part.starts_with("llm_router") || part.starts_with("llm-router")) {
      own = level_of(part.substr(equals + 1));
    }
  }
  return own ? own : general;
}

}  // namespace config
