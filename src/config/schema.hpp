#pragma once

#include <string>
#include <string_view>

namespace config {

/// The JSON Schema (2020-12) of the configuration, for editors and other programs. The keys and the
/// forms of their values come from the table (keys.hpp); what each means, its default and whether
/// it is required come from its row in `reference`, the text of docs/configuration.md. Pure.
std::string schema(std::string_view reference);

/// docs/configuration.md, as it was when the program was built.
std::string_view reference_text();

}  // namespace config
