#include "http/target.hpp"

#include <algorithm>

#include "http/char_set.hpp"
#include "http/header_id.hpp"

namespace http {
namespace {

// The byte that an escape stands for, or -1; `text` begins with the `%`.
int unescape(std::string_view text) {
  if (text.size() < 3) return -1;
  const int high = hex_value(text[1]);
  const int low = hex_value(text[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// A broken escape stands for itself, as lenient servers take it.
std::string leniently_decoded(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    const int byte = text.front() == '%' ? unescape(text) : -1;
    decoded += byte < 0 ? text.front() : static_cast<char>(byte);
    text.remove_prefix(byte < 0 ? 1 : 3);
  }
  return decoded;
}

// Follows the decoded path segment by segment, without building it.
class SegmentCheck {
 public:
  /// False if the byte ends a segment that is empty, `.` or `..`.
  bool take(char c) {
    if (c == '/') {
      const bool first = first_;
      first_ = false;
      return (first || size_ > 0) && end_segment();
    }
    ++size_;
    only_dots_ = only_dots_ && c == '.';
    return true;
  }

  /// The last segment may be empty, as in `/`.
  bool end_segment() {
    const bool is_dots = only_dots_ && (size_ == 1 || size_ == 2);
    size_ = 0;
    only_dots_ = true;
    return !is_dots;
  }

 private:
  std::size_t size_ = 0;
  bool only_dots_ = true;
  bool first_ = true;
};

std::unexpected<base::Error> refuse(const char* what) {
  return base::fail(base::ErrorCode::bad_request, what);
}

base::Result<void> check_path(std::string_view path) {
  const bool names_model = model_in_path(path).has_value();
  SegmentCheck segments;
  for (std::size_t i = 0; i < path.size(); ++i) {
    char c = path[i];
    if (c == '\\') return refuse("backslash in the path");
    if (c == '%') {
      const int byte = unescape(path.substr(i));
      if (byte < 0) return refuse("broken %-escape in the path");
      if (byte < 0x20 || byte == 0x7f || byte == '\\')
        return refuse("escaped control character or backslash in the path");
      if (byte == '/' && !names_model) return refuse("escaped slash in the path");
      c = static_cast<char>(byte);
      i += 2;
    }
    if (!segments.take(c)) return refuse("empty or dot segment in the path");
  }
  if (!segments.end_segment()) return refuse("dot segment in the path");
  return {};
}

}  // namespace

std::optional<std::string_view> model_in_path(std::string_view path) {
  for (const std::string_view prefix : {"/v1/models/", "/models/"}) {
    if (path.starts_with(prefix)) return path.substr(prefix.size());
  }
  return std::nullopt;
}

base::Result<Target> split_target(std::string_view target) {
  const std::size_t mark = target.find('?');
  Target parts{target.substr(0, mark), {}};
  if (mark != std::string_view::npos) parts.query = target.substr(mark + 1);
  if (auto checked = check_path(parts.path); !checked)
    return std::unexpected(std::move(checked).error());
  return parts;
}

std::optional<std::string_view> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    if (parameter.substr(0, equals) == name) {
      return parameter.substr(std::min(equals + 1, parameter.size()));
    }
  }
  return std::nullopt;
}

bool query_names(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find_first_of("&;"), query.size());
    const std::string_view parameter = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    std::string written = leniently_decoded(parameter.substr(0, parameter.find('=')));
    written.erase(0, written.find_first_not_of(" +\t"));
    const char next = written.size() > name.size() ? written[name.size()] : '\0';
    const bool goes_on = is_digit(static_cast<unsigned char>(next)) ||
                         is_alpha(static_cast<unsigned char>(next)) || next == '_' || next == '-';
    const std::string_view start = std::string_view(written).substr(0, name.size());
    if (!goes_on && equals_ignoring_case(start, name)) return true;
  }
  return false;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int byte = unescape(text.substr(i));
    if (byte < 0) return std::nullopt;
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

}  // namespace http
