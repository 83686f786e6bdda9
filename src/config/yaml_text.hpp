#pragma once

#include <optional>
#include <string_view>

#include "config/yaml_tree.hpp"

namespace config {

/// What must hold of the bytes before yaml-cpp sees them: its size, UTF-8, no control characters
/// (yaml-cpp takes 0x04 for the end of the file and NULs for UTF-16), a sane number of brackets.
std::optional<YamlProblem> check_yaml_text(std::string_view text);

}  // namespace config
