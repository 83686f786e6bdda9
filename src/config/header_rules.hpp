#pragma once

#include <string>
#include <string_view>

/// Which header fields a configuration may add to a request. Pure functions.
namespace config {

/// RFC 9110, 5.6.2: the letters, digits and marks of a field name.
bool is_header_name(std::string_view name);

/// RFC 9110, 5.5, strictly: no control characters but tabs inside, no space at either end.
bool is_header_value(std::string_view value);

/// Visible ASCII without spaces: what can travel as a bearer token.
bool is_credential(std::string_view value);

/// Those that the router writes itself or that concern one connection only, in any letter case.
bool is_reserved_header(std::string_view name);

/// Those whose value is a secret: Authorization, X-API-Key, cookies and their like.
bool is_credential_header(std::string_view name);

std::string lower_case(std::string_view text);

}  // namespace config
