#include "policy/sha256.hpp"

#include <memory>
#include <new>

#include <openssl/evp.h>

namespace policy {

Sha256 sha256(std::string_view bytes) {
  // The context and the algorithm are looked up once a thread: that costs more than the hash.
  struct Hasher {
    std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> sha256{EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                                      EVP_MD_free};
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  };
  static thread_local const Hasher hasher;
  Sha256 digest{};
  EVP_MD_CTX* const context = hasher.context.get();
  if (EVP_DigestInit_ex2(context, hasher.sha256.get(), nullptr) != 1 ||
      EVP_DigestUpdate(context, bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(context, digest.data(), nullptr) != 1) {
    throw std::bad_alloc();  // the only way in which hashing fails
  }
  return digest;
}

}  // namespace policy
