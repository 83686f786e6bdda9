#pragma once

#include <cstddef>
#include <string>

namespace sim {

/// What the simulated models say: readable prose, one word a token, without end. `voice` picks
/// where to begin, so that the choices of one answer differ; 0 begins with a greeting.
std::string token(unsigned voice, std::size_t index);

/// The first `count` tokens as one text.
std::string prose(unsigned voice, std::size_t count);

}  // namespace sim
