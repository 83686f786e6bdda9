#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "upstream/endpoint.hpp"

namespace upstream {

/// Which endpoint has which response or conversation, so that a request that names one finds it.
/// Bounded: of those remembered the oldest are forgotten first. An id is remembered together with
/// the client that it was told to, and found by nobody else; of both there are only hashes.
/// Shared by all threads; a lock for each sixteenth of the ids, held for moments.
class ResponseMemory {
 public:
  /// A client, by the API key that it has shown; all that show none are one.
  using Client = std::array<std::uint8_t, 32>;
  static Client client(std::string_view key);

  explicit ResponseMemory(std::size_t capacity = 100'000) : shard_capacity_(capacity / kShards) {}

  void remember(const Client& client, std::string_view id, Endpoint& endpoint);
  /// Null if it isn't known, or its endpoint is gone.
  [[nodiscard]] EndpointPtr find(const Client& client, std::string_view id) const;

 private:
  static constexpr std::size_t kShards = 16;
  using Fingerprint = std::array<std::uint64_t, 2>;
  struct Hash {
    std::size_t operator()(const Fingerprint& fingerprint) const { return fingerprint[1]; }
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<Fingerprint, std::weak_ptr<Endpoint>, Hash> endpoints;
    std::vector<Fingerprint> order;  // a ring, once it is full
    std::size_t oldest = 0;
  };

  static Fingerprint fingerprint(const Client& client, std::string_view id);
  static std::size_t place(const Fingerprint& of) { return of[0] % kShards; }

  std::size_t shard_capacity_;
  std::array<Shard, kShards> shards_;
};

}  // namespace upstream
