#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace policy {

using Sha256 = std::array<std::uint8_t, 32>;

/// SHA-256 of some bytes: what is kept in the place of a secret. Any thread.
Sha256 sha256(std::string_view bytes);

}  // namespace policy
