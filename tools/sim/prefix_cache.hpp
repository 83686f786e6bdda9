#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string_view>
#include <unordered_map>

namespace sim {

/// What an engine's KV cache remembers of prompts: chained hashes of blocks of 16 tokens (64
/// bytes), so that a block counts only behind the blocks it stood behind before; the least recently
/// used go first. Worker-local; no clock, no randomness.
class PrefixCache {
 public:
  static constexpr std::size_t kBlockBytes = 64;
  static constexpr std::size_t kBlockTokens = 16;

  /// Holds `tokens` at most; 0: nothing.
  explicit PrefixCache(std::size_t tokens) : capacity_(tokens / kBlockTokens) {}

  /// How many tokens of `prompt` are known, always whole blocks and never the last byte; from now
  /// on all of its whole blocks are. Prompts of different models share nothing.
  std::size_t admit(std::string_view model, std::string_view prompt);

 private:
  using Blocks = std::list<std::uint64_t>;  ///< most recently used first

  bool touch(std::uint64_t block);

  std::size_t capacity_;
  Blocks blocks_;
  std::unordered_map<std::uint64_t, Blocks::iterator> index_;
};

}  // namespace sim
