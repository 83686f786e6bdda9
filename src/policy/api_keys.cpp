#include "policy/api_keys.hpp"

#include <openssl/crypto.h>

#include "http/header_id.hpp"

namespace policy {

ApiKeys::ApiKeys(std::span<const config::Secret> keys) {
  for (const config::Secret& key : keys)
    hashes_.push_back(sha256(key.reveal()));
}

bool ApiKeys::accepts(std::string_view key) const {
  const Sha256 shown = sha256(key);
  unsigned equal = 0;
  for (const Sha256& known : hashes_) {
    equal |= static_cast<unsigned>(CRYPTO_memcmp(known.data(), shown.data(), shown.size()) == 0);
  }
  return equal != 0;
}

std::optional<std::string_view> bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size() ||
      !http::equals_ignoring_case(authorization.substr(0, kScheme.size()), kScheme)) {
    return std::nullopt;
  }
  std::string_view token = authorization.substr(kScheme.size());
  while (token.starts_with(' '))
    token.remove_prefix(1);
  return token;
}

}  // namespace policy
