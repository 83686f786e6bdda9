#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "config/secret.hpp"
#include "policy/sha256.hpp"

namespace policy {

/// The keys that clients may show, as SHA-256 of each: the keys themselves are not kept.
/// Immutable, shared by all workers.
class ApiKeys {
 public:
  explicit ApiKeys(std::span<const config::Secret> keys);

  /// No keys are configured: everybody may come in.
  [[nodiscard]] bool open() const { return hashes_.empty(); }

  /// Whether `key` is one of them. Compares with all of them in full, whatever the outcome, so that
  /// the time it takes tells nothing (rule S14).
  [[nodiscard]] bool accepts(std::string_view key) const;

 private:
  std::vector<Sha256> hashes_;
};

/// The key in the value of an `Authorization` field, if its scheme is Bearer (RFC 6750 2.1; the
/// scheme's case doesn't matter, RFC 9110 11.1).
std::optional<std::string_view> bearer_token(std::string_view authorization);

}  // namespace policy
