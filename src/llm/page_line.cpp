#include "llm/page_line.hpp"

namespace llm {
namespace {

std::string without_tags(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || text[begin] != '<') return std::string(text);
  constexpr std::string_view kTitle = "<title>";
  const std::size_t title = text.find(kTitle);
  if (title != std::string_view::npos) {
    text.remove_prefix(title + kTitle.size());
    return std::string(text.substr(0, text.find('<')));
  }
  std::string plain;
  bool in_tag = false;
  for (const char c : text) {
    if (c == '<') in_tag = true;
    plain += in_tag ? ' ' : c;
    if (c == '>') in_tag = false;
  }
  return plain;
}

std::string on_one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool is_blank = static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
    if (!is_blank) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

}  // namespace

std::string page_line(std::string_view text) {
  return on_one_line(without_tags(text));
}

}  // namespace llm
