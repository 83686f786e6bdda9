#pragma once

#include <span>
#include <string>
#include <string_view>

namespace llm {

/// What must never reach a client or a log, such as the key a backend is called with. Views,
/// borrowed from the configuration in force for the request.
using Secrets = std::span<const std::string_view>;

/// Some secret stands in `text`, byte for byte. Empty secrets don't count.
bool holds_secret(std::string_view text, Secrets secrets);

/// `text` with `***` in place of each secret; the longest where several begin at one place.
std::string mask(std::string_view text, Secrets secrets);

}  // namespace llm
