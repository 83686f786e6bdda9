#include "policy/api_keys.hpp"

#include <memory>
#include <new>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "http/header_id.hpp"

namespace policy {

ApiKeys::ApiKeys(std::span<const config::Secret> keys) {
  for (const config::Secret& key : keys)
    hashes_.push_back(hash(key.reveal()));
}

ApiKeys::Hash ApiKeys::hash(std::string_view key) {
  // The context and the algorithm are looked up once a thread: that costs more than the hash.
  struct Hasher {
    std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> sha256{EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                                      EVP_MD_free};
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  };
  static thread_local const Hasher hasher;
  Hash digest{};
  EVP_MD_CTX* const context = hasher.context.get();
  if (EVP_DigestInit_ex2(context, hasher.sha256.get(), nullptr) != 1 ||
      EVP_DigestUpdate(context, key.data(), key.size()) != 1 ||
      EVP_DigestFinal_ex(context, digest.data(), nullptr) != 1) {
    throw std::bad_alloc();  // the only way in which hashing fails
  }
  return digest;
}

bool ApiKeys::accepts(std::string_view key) const {
  const Hash shown = hash(key);
  unsigned equal = 0;
  for (const Hash& known : hashes_) {
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
