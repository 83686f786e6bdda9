#include "config/yaml_text.hpp"

#include <cstddef>
#include <cstdint>

#include "json/utf8.hpp"

namespace config {
namespace {

bool is_control(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
}

}  // namespace

std::optional<YamlProblem> check_yaml_text(std::string_view text) {
  if (text.size() > kMaxYamlBytes) return YamlProblem{{}, "larger than 1 MiB"};
  Position at{1, 1};
  for (std::size_t i = 0; i < text.size();) {
    if (is_control(text[i])) return YamlProblem{at, "a control character; expected text"};
    const std::size_t length = json::utf8_sequence_length(text.substr(i));
    if (length == 0) return YamlProblem{at, "not valid UTF-8"};
    if (text[i] == '\n') {
      at = {at.line + 1, 1};
    } else {
      at.column += static_cast<int>(length);
    }
    i += length;
  }
  return std::nullopt;
}

}  // namespace config
