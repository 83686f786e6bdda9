#pragma once

#include <cstdint>
#include <functional>

#include "base/log.hpp"
#include "base/random.hpp"
#include "config/config.hpp"
#include "io/buffer.hpp"
#include "io/loop.hpp"
#include "metrics/worker_metrics.hpp"
#include "policy/api_keys.hpp"
#include "proxy/access_log.hpp"
#include "upstream/connector.hpp"
#include "upstream/response_memory.hpp"
#include "upstream/routing_table.hpp"

namespace proxy {

/// What a worker's requests share: one thread's loop, pools and counters, and the immutable things
/// that all workers read. Owned by the server; worker-local; outlives every request.
struct Worker {
  io::Loop& loop;
  base::Log& log;
  const config::Config& config;
  const policy::ApiKeys& keys;
  upstream::ResponseMemory& responses;
  io::BufferPool& buffers;
  upstream::Connector& connector;
  metrics::WorkerMetrics& metrics;
  AccessLogBuffer& access_log;
  base::Random random;
  /// The table in force; replaced between requests, which keep the one they began with. Null until
  /// discovery has published the first.
  upstream::RoutingTablePtr table = nullptr;
  /// Asks discovery to look at a backend again at once (it said that it hasn't got a model).
  std::function<void(upstream::Endpoint&)> ask_again;
  std::uint64_t turn = 0;                       ///< choices made so far, for ties between endpoints
  bool draining = false;                        ///< answers carry `Connection: close`
  base::Instant drain_deadline = base::kNever;  ///< when a drain ends streams that aren't over
};

}  // namespace proxy
