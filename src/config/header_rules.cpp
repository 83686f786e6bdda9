#include "config/header_rules.hpp"

#include <algorithm>
#include <array>

namespace config {
namespace {

constexpr auto kReserved = std::to_array<std::string_view>({
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-request-id",
});

constexpr auto kCredentialParts =
    std::to_array<std::string_view>({"auth", "key", "token", "secret", "cookie", "password"});

bool is_visible(char c) {
  return c > 0x20 && c < 0x7F;
}

bool is_token_char(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  const bool digit = c >= '0' && c <= '9';
  return letter || digit || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

bool is_header_name(std::string_view name) {
  return !name.empty() && name.size() <= 256 && std::ranges::all_of(name, is_token_char);
}

bool is_header_value(std::string_view value) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  if (value.empty() || is_blank(value.front()) || is_blank(value.back())) return false;
  return std::ranges::all_of(value, [&](char c) {
    return is_blank(c) || is_visible(c) || static_cast<unsigned char>(c) >= 0x80;
  });
}

bool is_credential(std::string_view value) {
  return !value.empty() && std::ranges::all_of(value, is_visible);
}

bool is_reserved_header(std::string_view name) {
  const std::string lower = lower_case(name);
  return lower.starts_with("x-router-") || std::ranges::find(kReserved, lower) != kReserved.end();
}

bool is_credential_header(std::string_view name) {
  const std::string lower = lower_case(name);
  return std::ranges::any_of(kCredentialParts, [&](std::string_view part) {
    return lower.find(part) != std::string::npos;
  });
}

}  // namespace config
