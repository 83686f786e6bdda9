#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "plan.hpp"

namespace sim {

/// The server-sent events of a streamed answer, each with its blank line. Pure: the same plan gives
/// the same bytes. opening_events() come with the first token, closing_events() behind the last.
std::vector<std::string> opening_events(const Plan& plan);
std::vector<std::string> token_events(const Plan& plan, std::size_t index);
std::vector<std::string> closing_events(const Plan& plan);

}  // namespace sim
