#pragma once

#include <memory>

#include "admin/pages.hpp"
#include "base/random.hpp"
#include "http/server_connection.hpp"

namespace admin {

/// Serves one client of the admin address until its connection ends. Runs on the control thread.
/// `random` makes the request ids of those who bring none.
io::Task<void> serve_connection(const Sources& sources, io::BufferPool& buffers,
                                const http::ServerSettings& settings, base::Random& random,
                                std::unique_ptr<io::Stream> stream);

}  // namespace admin
