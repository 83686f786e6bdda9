#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace config {

/// The candidate that `text` was probably meant to be: the one that the fewest insertions,
/// deletions, replacements and swaps of neighbours make of it, letter case and `-` for `_` apart,
/// if they are few for its length.
std::optional<std::string_view> nearest(std::string_view text,
                                        std::span<const std::string_view> candidates);

}  // namespace config
