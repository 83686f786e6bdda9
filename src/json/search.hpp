#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "json/block.hpp"

namespace json {

/// Whether `word` with its quotes stands anywhere in `text`: a look that is cheap enough for every
/// answer, before one that knows what it means. std::string_view::find() stops at each quote, of
/// which JSON is full; this looks at both quotes of a block of places at once. Pure; any thread.
template <class Block = block::Native>
bool contains_quoted(std::string_view text, std::string_view word) {
  const std::size_t between = word.size() + 1;
  const auto stands_at = [&](const char* p) {
    return p[0] == '"' && p[between] == '"' && std::memcmp(p + 1, word.data(), word.size()) == 0;
  };
  if (text.size() <= between) return false;
  const char* p = text.data();
  std::size_t places = text.size() - between;
  for (; places >= Block::kSize; p += Block::kSize, places -= Block::kSize) {
    std::uint64_t both =
        Block::load(p).bytes_equal('"') & Block::load(p + between).bytes_equal('"');
    for (; both != 0; both = block::without_first<Block>(both)) {
      if (stands_at(p + block::position<Block>(both))) return true;
    }
  }
  for (; places > 0; ++p, --places) {
    if (stands_at(p)) return true;
  }
  return false;
}

}  // namespace json
