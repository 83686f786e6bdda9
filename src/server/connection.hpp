#pragma once

#include <list>
#include <memory>
#include <string>

#include "http/server_connection.hpp"
#include "io/gate.hpp"
#include "proxy/worker.hpp"

namespace server {

/// The client connections of one worker. Worker-local.
struct Connections {
  io::Gate gate;                           ///< counts them, for the drain
  std::list<http::ServerConnection*> all;  ///< open ones

  /// Ends those that wait for a request; what they have not begun can be asked elsewhere.
  void close_idle();
  /// Has all that wait for a backend look at the clock: the drain is over.
  void interrupt_all();
  /// Ends all of them, requests included.
  void abort_all();
};

/// Serves one client until its connection ends: one request after the other, each as one straight
/// line. Spawned on the worker's loop; owns the stream.
io::Task<void> serve_connection(proxy::Worker& worker, Connections& connections,
                                const http::ServerSettings& settings,
                                std::unique_ptr<io::Stream> stream, std::string peer);

}  // namespace server
