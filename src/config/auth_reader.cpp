#include <algorithm>
#include <array>
#include <cstdint>

#include "config/backend_reader.hpp"
#include "config/header_rules.hpp"
#include "config/references.hpp"

namespace config {
namespace {

constexpr auto kTypes =
    std::to_array<std::string_view>({"none", "bearer", "basic", "header", "forward"});

/// Which type a key beside `type` belongs to.
struct TypedKey {
  std::string_view name;
  Auth::Kind kind;
};
constexpr auto kTypedKeys = std::to_array<TypedKey>({
    {"token", Auth::Kind::bearer},
    {"username", Auth::Kind::basic},
    {"password", Auth::Kind::basic},
    {"name", Auth::Kind::header},
    {"value", Auth::Kind::header},
});

/// RFC 4648, 4.
std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = i; j < i + 3; ++j) {
      group = group << 8 | (j < bytes.size() ? static_cast<std::uint8_t>(bytes[j]) : 0U);
    }
    const std::size_t used = std::min<std::size_t>(3, bytes.size() - i) + 1;
    for (std::size_t digit = 0; digit < 4; ++digit) {
      text += digit < used ? kAlphabet[group >> (18 - 6 * digit) & 63U] : '=';
    }
  }
  return text;
}

void read_bearer(const Section& auth, Reading& reading, Auth& out, std::vector<Secret>& masked) {
  const auto token = read_secret(auth, "token", reading);
  if (!token) return;
  if (!is_credential(*token))
    return auth.invalid("token", "is empty, or holds spaces or control characters");
  out.header = "Authorization";
  out.value = Secret("Bearer " + *token);
  masked.emplace_back(*token);
}

void read_basic(const Section& auth, Reading& reading, Auth& out, std::vector<Secret>& masked) {
  const auto username = read_secret(auth, "username", reading);
  const auto password = read_secret(auth, "password", reading);
  const auto has_control = [](std::string_view text) {
    return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  };
  if (username && has_control(*username)) auth.invalid("username", "holds control characters");
  if (username && username->contains(':')) auth.invalid("username", "holds a colon");
  if (password && has_control(*password)) auth.invalid("password", "holds control characters");
  if (!username || !password) return;
  const std::string encoded = base64(*username + ":" + *password);
  out.header = "Authorization";
  out.value = Secret("Basic " + encoded);
  masked.emplace_back(*password);
  masked.emplace_back(encoded);
}

void read_header(const Section& auth, Reading& reading, Auth& out, std::vector<Secret>& masked) {
  const auto value = read_secret(auth, "value", reading);
  if (value && !is_header_value(*value)) {
    auth.invalid("value", "is empty, begins or ends with a space, or holds control characters");
  }
  const Node* name = auth.text("name");
  if (name == nullptr) {
    if (auth.find("name") == nullptr) auth.missing("name");
    return;
  }
  if (!is_header_name(name->text)) return auth.invalid("name", "is not a header name");
  if (is_reserved_header(name->text))
    return auth.invalid("name", "is a header that the router writes itself");
  if (!value) return;
  out.header = name->text;
  out.value = Secret(*value);
  masked.emplace_back(*value);
}

void refuse_keys_of_other_types(const Section& auth, Auth::Kind kind) {
  for (const auto& [name, owner] : kTypedKeys) {
    if (owner == kind || auth.find(name) == nullptr) continue;
    const std::string type(kTypes[static_cast<std::size_t>(owner)]);
    auth.invalid(name, "belongs to `type: " + type + "`, not to this type");
  }
}

}  // namespace

std::optional<std::string> read_secret(const Section& section, std::string_view key,
                                       Reading& reading) {
  const Node* node = section.text(key);
  if (node == nullptr) {
    if (section.find(key) == nullptr) section.missing(key);
    return std::nullopt;
  }
  auto expanded =
      expand(node->text, reading.secrets, section.path(key), node->at, reading.findings);
  if (!expanded) return std::nullopt;
  if (expanded->literal && !expanded->text.empty()) reading.literal_secrets = true;
  return std::move(expanded->text);
}

Auth read_auth(const Section& auth, Reading& reading, std::vector<Secret>& masked) {
  Auth result;
  if (auth.find("type") == nullptr) auth.missing("type");
  const auto type = auth.choice("type", kTypes);
  if (!type) return result;
  result.kind = static_cast<Auth::Kind>(*type);
  refuse_keys_of_other_types(auth, result.kind);
  switch (result.kind) {
    case Auth::Kind::none:
    case Auth::Kind::forward:
      break;
    case Auth::Kind::bearer:
      read_bearer(auth, reading, result, masked);
      break;
    case Auth::Kind::basic:
      read_basic(auth, reading, result, masked);
      break;
    case Auth::Kind::header:
      read_header(auth, reading, result, masked);
      break;
  }
  return result;
}

}  // namespace config
