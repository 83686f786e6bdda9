#pragma once

#include <memory>
#include <utility>

#include "http/server_connection.hpp"
#include "io/stream.hpp"

namespace sim {

/// One client's connection, with a way to its stream for answers that end in a reset. Lives in the
/// frame of the coroutine that serves it.
struct Client {
  Client(std::unique_ptr<io::Stream> owned, io::BufferPool& pool,
         const http::ServerSettings& settings)
      : stream(*owned), connection(std::move(owned), pool, settings) {}

  [[nodiscard]] io::Descriptor& descriptor() { return stream.descriptor(); }

  io::Stream& stream;  ///< owned by `connection`
  http::ServerConnection connection;
};

}  // namespace sim
