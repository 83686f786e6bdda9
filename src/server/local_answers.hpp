#pragma once

#include <string_view>

#include "proxy/exchange.hpp"

namespace server {

/// Answers GET or HEAD of a path that needs no backend.
using LocalAnswer = io::Task<void> (*)(proxy::Exchange& exchange, std::string_view path);

/// The answer for that path, or null if there is none.
LocalAnswer find_local_answer(std::string_view path);

}  // namespace server
