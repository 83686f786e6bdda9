#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/findings.hpp"
#include "config/load.hpp"

namespace config {

struct Expanded {
  std::string text;
  bool literal = true;  ///< no reference in it: the file itself holds the secret
};

/// Replaces `${NAME}` by an environment variable and `${file:PATH}` by a file's content without
/// its trailing line ends; `$${` stands for `${`. What is unset, unreadable or empty is reported at
/// `at` as a fault of the key `path`, and names the variable or file, never a value.
std::optional<Expanded> expand(std::string_view text, const SecretSource& secrets,
                               std::string_view path, Position at, Findings& findings);

}  // namespace config
