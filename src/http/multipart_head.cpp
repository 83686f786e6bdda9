#include "http/multipart_head.hpp"

#include <algorithm>
#include <optional>

#include "base/try.hpp"
#include "http/char_set.hpp"
#include "http/header_id.hpp"

namespace http {
namespace {

using base::ErrorCode;

constexpr std::size_t kMaxBoundary = 70;

/// `bcharsnospace` of RFC 2046 5.1.1.
constexpr CharSet kBoundaryChars{[](unsigned char c) consteval {
  for (const char mark : {'\'', '(', ')', '+', '_', ',', '-', '.', '/', ':', '=', '?'})
    if (c == static_cast<unsigned char>(mark)) return true;
  return is_digit(c) || is_alpha(c);
}};

bool is_made_of(std::string_view text, const CharSet& set) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) { return set.contains(c); });
}

auto refuse(std::string message) {
  return base::fail(ErrorCode::bad_request, std::move(message));
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  return text;
}

struct Parameter {
  std::string_view name;
  std::string_view value;  ///< without its quotes; nothing in it is escaped
};

/// Walks `; name=value; name="value"`. Within quotes a backslash stands for itself, as browsers
/// send it; before a quote it would end the value for some parsers and not for others.
class Parameters {
 public:
  explicit Parameters(std::string_view text) : rest_(trim(text)) {}

  /// False at the end.
  base::Result<bool> next(Parameter& out) {
    if (rest_.empty()) return false;
    if (rest_.front() != ';') return refuse("A parameter of the form's header is malformed.");
    rest_ = trim(rest_.substr(1));
    if (rest_.empty()) return false;
    const std::size_t equals = rest_.find('=');
    out.name = rest_.substr(0, equals);
    if (equals == std::string_view::npos || !is_made_of(out.name, kTokenChars)) {
      return refuse("A parameter of the form's header has no name or no value.");
    }
    rest_.remove_prefix(equals + 1);
    return rest_.starts_with('"') ? take_quoted(out) : take_plain(out);
  }

 private:
  base::Result<bool> take_quoted(Parameter& out) {
    const std::size_t end = rest_.find('"', 1);
    if (end == std::string_view::npos || rest_[end - 1] == '\\') {
      return refuse("A quoted parameter of the form's header has no end, or an escaped quote.");
    }
    out.value = rest_.substr(1, end - 1);
    rest_ = trim(rest_.substr(end + 1));
    return true;
  }

  base::Result<bool> take_plain(Parameter& out) {
    const std::size_t end = std::min(rest_.find(';'), rest_.size());
    out.value = trim(rest_.substr(0, end));
    if (out.value.contains('"') || out.value.contains(' ') || out.value.contains('\t')) {
      return refuse("A parameter of the form's header is malformed.");
    }
    rest_.remove_prefix(end);
    return true;
  }

  std::string_view rest_;
};

base::Result<void> read_disposition(std::string_view value, PartHead& out) {
  const std::size_t end = std::min(value.find(';'), value.size());
  if (!equals_ignoring_case(trim(value.substr(0, end)), "form-data")) {
    return refuse("A part of the form is not `Content-Disposition: form-data`.");
  }
  bool named = false;
  bool has_filename = false;
  Parameters parameters(value.substr(end));
  for (Parameter parameter;;) {
    TRY(const bool more, parameters.next(parameter));
    if (!more) break;
    if (equals_ignoring_case(parameter.name, "filename")) {
      if (std::exchange(has_filename, true)) return refuse("A part has two filenames.");
    } else if (equals_ignoring_case(parameter.name, "name")) {
      if (std::exchange(named, true)) return refuse("A part of the form has two names.");
      out.name = parameter.value;
    } else if (!equals_ignoring_case(parameter.name, "filename*") && parameter.name.contains('*')) {
      // RFC 7578 4.2 forbids them; some parsers read them all the same (RFC 2231).
      return refuse("A part of the form has an extended parameter (`name*`).");
    }
    out.is_file = out.is_file || equals_ignoring_case(parameter.name.substr(0, 8), "filename");
  }
  if (!named) return refuse("A part of the form has no name.");
  if (out.name.contains("=?")) return refuse("A part of the form has an encoded name.");
  return {};
}

/// Whether a field of that type may be something else than its bytes read as UTF-8.
base::Result<bool> changes_charset(std::string_view content_type) {
  Parameters parameters(content_type.substr(std::min(content_type.find(';'), content_type.size())));
  for (Parameter parameter;;) {
    TRY(const bool more, parameters.next(parameter));
    if (!more) return false;
    if (equals_ignoring_case(parameter.name, "charset") &&
        !equals_ignoring_case(parameter.value, "utf-8") &&
        !equals_ignoring_case(parameter.value, "us-ascii")) {
      return true;
    }
  }
}

bool is_identity(std::string_view coding) {
  return equals_ignoring_case(coding, "7bit") || equals_ignoring_case(coding, "8bit") ||
         equals_ignoring_case(coding, "binary") || equals_ignoring_case(coding, "identity");
}

struct Field {
  std::string_view name;
  std::string_view value;
};

base::Result<Field> read_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  Field field{.name = line.substr(0, colon), .value = {}};
  if (colon == std::string_view::npos || !is_made_of(field.name, kTokenChars)) {
    return refuse("A header line of a part is malformed.");
  }
  field.value = trim(line.substr(colon + 1));
  if (!std::ranges::all_of(field.value, [](char c) { return kValueChars.contains(c); })) {
    return refuse("A header line of a part holds a control character.");
  }
  return field;
}

int digit_pair(std::string_view text) {
  if (text.size() < 2 || hex_value(text[0]) < 0 || hex_value(text[1]) < 0) return -1;
  return hex_value(text[0]) * 16 + hex_value(text[1]);
}

}  // namespace

base::Result<std::string> form_boundary(std::string_view content_type) {
  const std::size_t end = std::min(content_type.find(';'), content_type.size());
  if (!equals_ignoring_case(trim(content_type.substr(0, end)), "multipart/form-data")) {
    return base::fail(ErrorCode::unsupported_media_type,
                      "Send the body as a form, with the header `Content-Type: "
                      "multipart/form-data; boundary=...` as HTTP clients write it.");
  }
  std::optional<std::string> boundary;
  Parameters parameters(content_type.substr(end));
  for (Parameter parameter;;) {
    TRY(const bool more, parameters.next(parameter));
    if (!more) break;
    if (parameter.name.contains('*')) return refuse("The form's boundary is encoded.");
    if (!equals_ignoring_case(parameter.name, "boundary")) continue;
    if (boundary) return refuse("The form's `Content-Type` has two boundaries.");
    boundary = parameter.value;
  }
  if (!boundary) return refuse("The form's `Content-Type` has no `boundary`.");
  if (boundary->size() > kMaxBoundary || !is_made_of(*boundary, kBoundaryChars)) {
    return refuse("The form's boundary is not 1 to 70 of the characters that it may have.");
  }
  return *std::move(boundary);
}

base::Result<PartHead> read_part_head(std::string_view head) {
  PartHead out;
  bool disposed = false;
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    TRY(const Field field, read_field(head.substr(0, end)));
    head.remove_prefix(std::min(end + 2, head.size()));
    if (equals_ignoring_case(field.name, "content-disposition")) {
      if (std::exchange(disposed, true)) return refuse("A part has two dispositions.");
      TRY_VOID(read_disposition(field.value, out));
    } else if (equals_ignoring_case(field.name, "content-type")) {
      // Of a file any type will do.
      const auto changes = changes_charset(field.value);
      out.is_encoded = out.is_encoded || !changes || *changes;
    } else if (equals_ignoring_case(field.name, "content-transfer-encoding") ||
               equals_ignoring_case(field.name, "content-encoding")) {
      out.is_encoded = out.is_encoded || !is_identity(field.value);
    }
  }
  if (!disposed) return refuse("A part of the form has no `Content-Disposition`.");
  return out;
}

std::string fold_field_name(std::string_view name) {
  std::string folded;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const int escaped = name[i] == '%' ? digit_pair(name.substr(i + 1)) : -1;
    if (escaped >= 0) i += 2;
    const char c = escaped >= 0 ? static_cast<char>(escaped) : name[i];
    if (c == '\\' || c == '"' || c == '\'' || is_blank(c) || c == '\0') continue;
    folded.push_back(to_lower(c));
  }
  return folded;
}

}  // namespace http
