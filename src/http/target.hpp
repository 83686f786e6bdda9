#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace http {

/// A request target in origin form, cut at its `?`. Views into the target.
struct Target {
  std::string_view path;
  std::string_view query;  ///< without the `?`; empty if there is none
};

/// What stands below `/v1/models/` or, for clients whose base URL lacks the version, `/models/`: a
/// model id, which may hold slashes, escaped or not. Nothing for other paths.
std::optional<std::string_view> model_in_path(std::string_view path);

/// Splits the target and refuses (bad_request) every path that somebody could read as another
/// one: `%2f %5c %00` and other escaped control characters, `.` and `..` segments (escaped or
/// not), `//`, backslashes, broken escapes. In a model id `%2f` is allowed.
/// The path is not decoded: it is compared as it stands.
base::Result<Target> split_target(std::string_view target);

/// The value of the first parameter of that name in a query (`a=1&b=2`), as it stands; empty if it
/// has none. Nothing if there is no such parameter.
std::optional<std::string_view> query_value(std::string_view query, std::string_view name);

/// Whether a parameter of the query is called `name` (lower case), by any reading that a server may
/// give it: in any letter case, with escapes, behind `&` or `;`, as `name[]` or `name.x`.
bool query_names(std::string_view query, std::string_view name);

/// Nothing if an escape is broken. `+` stays as it is.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace http
