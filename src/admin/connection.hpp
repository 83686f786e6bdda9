#pragma once

#include <memory>

#include "admin/pages.hpp"
#include "http/server_connection.hpp"

namespace admin {

/// Serves one client of the admin address until its connection ends. Runs on the control thread.
io::Task<void> serve_connection(const Sources& sources, io::BufferPool& buffers,
                                const http::ServerSettings& settings,
                                std::unique_ptr<io::Stream> stream);

}  // namespace admin
