#include "http/headers.hpp"

#include <algorithm>

namespace http {

std::optional<std::string_view> Headers::find(HeaderId id) const {
  if (!ids_.contains(id)) return std::nullopt;
  for (const Header header : *this)
    if (header.id == id) return header.value;
  return std::nullopt;
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const Header header : *this)
    if (equals_ignoring_case(header.name, name)) return header.value;
  return std::nullopt;
}

std::size_t Headers::count(HeaderId id) const {
  return static_cast<std::size_t>(
      std::ranges::count(fields_.data(), fields_.data() + size_, id, &Field::id));
}

}  // namespace http
