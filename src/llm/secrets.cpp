#include "llm/secrets.hpp"

#include <algorithm>
#include <cstddef>

namespace llm {

bool holds_secret(std::string_view text, Secrets secrets) {
  return std::ranges::any_of(
      secrets, [&](std::string_view secret) { return !secret.empty() && text.contains(secret); });
}

std::string mask(std::string_view text, Secrets secrets) {
  std::string masked;
  masked.reserve(text.size());
  while (!text.empty()) {
    std::size_t longest = 0;
    for (const std::string_view secret : secrets) {
      if (text.starts_with(secret)) longest = std::max(longest, secret.size());
    }
    if (longest > 0) {
      masked += "***";
    } else {
      masked += text.front();
    }
    text.remove_prefix(std::max<std::size_t>(longest, 1));
  }
  return masked;
}

}  // namespace llm
