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

/// Below this prefix stands a model id, which may hold slashes, escaped or not.
inline constexpr std::string_view kModelPathPrefix = "/v1/models/";

/// Splits the target and refuses (bad_request) every path that somebody could read as another
/// one: `%2f %5c %00` and other escaped control characters, `.` and `..` segments (escaped or
/// not), `//`, backslashes, broken escapes. Below kModelPathPrefix `%2f` is allowed.
/// The path is not decoded: it is compared as it stands.
base::Result<Target> split_target(std::string_view target);

/// Nothing if an escape is broken. `+` stays as it is.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace http
