#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace metrics {

enum class Type : std::uint8_t { counter, gauge, histogram };

enum class Metric : std::uint8_t {
  requests,
  errors,
  requests_in_flight,
  request_duration,
  time_to_first_token,
  request_bytes,
  response_bytes,
  backend_up,
  backend_models,
  discovery_age,
  discovery_failures,
  connections_open,
  connections_accepted,
  upstream_connections_open,
  upstream_connections_idle,
  upstream_connections_opened,
  upstream_connections_reused,
  buffered_bytes,
  access_log_lines_dropped,
  log_events_dropped,
  ready,
  draining,
  workers,
  build_info,
  process_cpu,
  process_resident_memory,
  process_virtual_memory,
  process_open_fds,
  process_max_fds,
  process_start_time,
};

/// One metric as the scraper sees it. `labels` is what docs/operations.md says, comma-separated.
struct Definition {
  Metric metric;
  Type type;
  std::string_view name;
  std::string_view labels;
  std::string_view help;
};

/// Every metric, declared here and nowhere else; in the order of Metric and of the exposition.
inline constexpr std::array kDefinitions = {
    Definition{Metric::requests, Type::counter, "llm_router_requests_total", "model,backend,status",
               "Requests by the status that the client got; 499 if it had left before."},
    Definition{Metric::errors, Type::counter, "llm_router_errors_total", "model,backend,code",
               "Requests that ended in an error, mid-stream ones included, by its code."},
    Definition{Metric::requests_in_flight, Type::gauge, "llm_router_requests_in_flight",
               "model,backend", "Requests that a backend is working on now."},
    Definition{Metric::request_duration, Type::histogram, "llm_router_request_duration_seconds",
               "model,backend", "From the request's head to the last byte of the answer."},
    Definition{Metric::time_to_first_token, Type::histogram,
               "llm_router_time_to_first_token_seconds", "model,backend",
               "From the request's head to the first event of the stream."},
    Definition{Metric::request_bytes, Type::counter, "llm_router_request_bytes_total",
               "model,backend", "Bytes of request bodies."},
    Definition{Metric::response_bytes, Type::counter, "llm_router_response_bytes_total",
               "model,backend", "Bytes of answer bodies."},
    Definition{Metric::backend_up, Type::gauge, "llm_router_backend_up", "backend",
               "1 if the backend answered when last asked for its models."},
    Definition{Metric::backend_models, Type::gauge, "llm_router_backend_models", "backend",
               "Models that the backend serves."},
    Definition{Metric::discovery_age, Type::gauge, "llm_router_discovery_age_seconds", "backend",
               "Since the backend's last good model list; absent before the first."},
    Definition{Metric::discovery_failures, Type::counter, "llm_router_discovery_failures_total",
               "backend", "Model lists asked for in vain."},
    Definition{Metric::connections_open, Type::gauge, "llm_router_connections_open", "",
               "Connections from clients, now."},
    Definition{Metric::connections_accepted, Type::counter, "llm_router_connections_accepted_total",
               "", "Connections from clients since the start."},
    Definition{Metric::upstream_connections_open, Type::gauge,
               "llm_router_upstream_connections_open", "",
               "Connections to backends, now, idle ones included."},
    Definition{Metric::upstream_connections_idle, Type::gauge,
               "llm_router_upstream_connections_idle", "",
               "Connections to backends that wait for their next request."},
    Definition{Metric::upstream_connections_opened, Type::counter,
               "llm_router_upstream_connections_opened_total", "", "Connections made to backends."},
    Definition{Metric::upstream_connections_reused, Type::counter,
               "llm_router_upstream_connections_reused_total", "",
               "Requests sent on a connection that had served before."},
    Definition{Metric::buffered_bytes, Type::gauge, "llm_router_buffered_bytes", "",
               "Bytes held in buffers, as counted against limits.buffered."},
    Definition{Metric::access_log_lines_dropped, Type::counter,
               "llm_router_access_log_lines_dropped_total", "",
               "Access log lines lost to a slow, full or closed log."},
    Definition{Metric::log_events_dropped, Type::counter, "llm_router_log_events_dropped_total", "",
               "Log events lost to a slow, full or closed stderr."},
    Definition{Metric::ready, Type::gauge, "llm_router_ready", "",
               "1 while a model can be served, as /readyz says."},
    Definition{Metric::draining, Type::gauge, "llm_router_draining", "",
               "1 from the signal to stop on."},
    Definition{Metric::workers, Type::gauge, "llm_router_workers", "",
               "Threads that serve requests."},
    Definition{Metric::build_info, Type::gauge, "llm_router_build_info", "version",
               "Always 1; the version is in the label."},
    Definition{Metric::process_cpu, Type::counter, "process_cpu_seconds_total", "",
               "CPU time, user and system."},
    Definition{Metric::process_resident_memory, Type::gauge, "process_resident_memory_bytes", "",
               "Memory in RAM."},
    Definition{Metric::process_virtual_memory, Type::gauge, "process_virtual_memory_bytes", "",
               "Address space."},
    Definition{Metric::process_open_fds, Type::gauge, "process_open_fds", "",
               "File descriptors in use."},
    Definition{Metric::process_max_fds, Type::gauge, "process_max_fds", "",
               "File descriptors that may be in use."},
    Definition{Metric::process_start_time, Type::gauge, "process_start_time_seconds", "",
               "When the process began, since the epoch."},
};

constexpr const Definition& definition(Metric metric) {
  return kDefinitions[static_cast<std::size_t>(metric)];
}

static_assert(
    [] {
      for (std::size_t i = 0; i < kDefinitions.size(); ++i) {
        if (static_cast<std::size_t>(kDefinitions[i].metric) != i) return false;
      }
      return kDefinitions.back().metric == Metric::process_start_time;
    }(),
    "kDefinitions follows the order of Metric");

}  // namespace metrics
