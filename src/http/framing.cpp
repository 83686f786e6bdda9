#include "http/framing.hpp"

#include "http/char_set.hpp"

namespace http {
namespace {

// Takes the next element off a comma-separated list, blanks around it removed.
std::string_view take_element(std::string_view& list) {
  const std::size_t comma = list.find(',');
  std::string_view element = list.substr(0, comma);
  list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  while (!element.empty() && is_blank(element.front()))
    element.remove_prefix(1);
  while (!element.empty() && is_blank(element.back()))
    element.remove_suffix(1);
  return element;
}

}  // namespace

std::optional<std::uint64_t> parse_content_length(std::string_view value) {
  constexpr std::size_t kMaxDigits = 19;  // 2^63 has 19, so the sum below can't overflow 64 bits
  if (value.empty() || value.size() > kMaxDigits) return std::nullopt;
  if (value.front() == '0' && value.size() > 1) return std::nullopt;
  std::uint64_t length = 0;
  for (const char c : value) {
    if (!is_digit(static_cast<unsigned char>(c))) return std::nullopt;
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (length > INT64_MAX) return std::nullopt;
  return length;
}

bool ConnectionOptions::add(std::string_view value) {
  while (!value.empty()) {
    const std::string_view option = take_element(value);
    if (++count > kMaxOptions) return false;
    if (option.empty()) continue;
    if (equals_ignoring_case(option, "close"))
      close = true;
    else if (equals_ignoring_case(option, "keep-alive"))
      keep_alive = true;
    else
      names_fields = true;
  }
  return true;
}

bool is_named_by_connection(const Headers& headers, std::string_view name) {
  for (const Header header : headers) {
    if (header.id != HeaderId::connection) continue;
    for (std::string_view list = header.value; !list.empty();)
      if (equals_ignoring_case(take_element(list), name)) return true;
  }
  return false;
}

}  // namespace http
