#include "prefix_cache.hpp"

namespace sim {
namespace {

/// FNV-1a, begun with the hash of all that stands before.
std::uint64_t chain(std::uint64_t before, std::string_view bytes) {
  std::uint64_t hash = before ^ 0xcbf29ce484222325U;
  for (const char c : bytes)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

}  // namespace

std::size_t PrefixCache::admit(std::string_view model, std::string_view prompt) {
  if (capacity_ == 0) return 0;
  std::uint64_t hash = chain(0, model);
  std::size_t known = 0;
  bool unbroken = true;
  // The last token is always computed: there is an answer only behind work.
  for (std::size_t at = 0; at + kBlockBytes < prompt.size(); at += kBlockBytes) {
    hash = chain(hash, prompt.substr(at, kBlockBytes));
    unbroken = touch(hash) && unbroken;
    if (unbroken) known += kBlockTokens;
  }
  return known;
}

bool PrefixCache::touch(std::uint64_t block) {
  const auto found = index_.find(block);
  if (found != index_.end()) {
    blocks_.splice(blocks_.begin(), blocks_, found->second);
    return true;
  }
  if (blocks_.size() == capacity_) {
    index_.erase(blocks_.back());
    blocks_.pop_back();
  }
  blocks_.push_front(block);
  index_[block] = blocks_.begin();
  return false;
}

}  // namespace sim
