#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace http {

/// The boundary of a `multipart/form-data` content type (RFC 2046 5.1.1): 1 to 70 of its
/// characters, no blanks. Pure.
///
/// Errors: unsupported_media_type for another type; bad_request for no boundary, two, or one that
/// parsers read differently.
base::Result<std::string> form_boundary(std::string_view content_type);

/// What the head of one part of a form says (RFC 7578 4.2).
struct PartHead {
  std::string name;
  bool is_file = false;     ///< it has a filename
  bool is_encoded = false;  ///< its content isn't the value as it stands: another charset or coding
};

/// Reads the head of a part, without its empty line. Strict: CRLF only, no folding, exactly one
/// `Content-Disposition: form-data` with one name; what parsers read differently (`name*`, escaped
/// quotes, parameters twice) is refused. Pure. Error: bad_request.
base::Result<PartHead> read_part_head(std::string_view head);

/// The name as the most generous of backends might read it: percent and backslash escapes resolved,
/// without case, surrounding blanks and quotes.
std::string fold_field_name(std::string_view name);

}  // namespace http
