#pragma once

#include <expected>

#include "options.hpp"

namespace sim {

/// The error is the exit code, after whatever there was to say has been printed (--help, a
/// mistake).
std::expected<Options, int> parse_command_line(int argc, const char* const* argv);

}  // namespace sim
