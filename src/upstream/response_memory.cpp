#include "upstream/response_memory.hpp"

#include <cstring>
#include <string>

#include "policy/sha256.hpp"

namespace upstream {

ResponseMemory::Client ResponseMemory::client(std::string_view key) {
  return key.empty() ? Client{} : policy::sha256(key);
}

ResponseMemory::Fingerprint ResponseMemory::fingerprint(const Client& client, std::string_view id) {
  std::string both(client.begin(), client.end());
  const policy::Sha256 hash = policy::sha256(both.append(id));
  Fingerprint half;  // 128 bits: no two ids have the same
  std::memcpy(half.data(), hash.data(), sizeof half);
  return half;
}

void ResponseMemory::remember(const Client& client, std::string_view id, Endpoint& endpoint) {
  const Fingerprint key = fingerprint(client, id);
  Shard& shard = shards_[place(key)];
  const std::lock_guard lock(shard.mutex);
  const bool is_new = shard.endpoints.insert_or_assign(key, endpoint.weak_from_this()).second;
  if (!is_new) return;
  if (shard.order.size() < shard_capacity_) {
    shard.order.push_back(key);
    return;
  }
  shard.endpoints.erase(shard.order[shard.oldest]);
  shard.order[shard.oldest] = key;
  shard.oldest = (shard.oldest + 1) % shard.order.size();
}

EndpointPtr ResponseMemory::find(const Client& client, std::string_view id) const {
  const Fingerprint key = fingerprint(client, id);
  const Shard& shard = shards_[place(key)];
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.endpoints.find(key);
  return found == shard.endpoints.end() ? nullptr : found->second.lock();
}

}  // namespace upstream
