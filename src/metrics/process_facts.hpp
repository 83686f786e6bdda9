#pragma once

#include <cstdint>
#include <string>

namespace metrics {

/// What the kernel says of this process; a zero is a figure that could not be read.
struct ProcessFacts {
  double cpu_seconds = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0;
};

/// What main and the admin know of the router.
struct RouterFacts {
  std::string version;
  std::uint64_t workers = 0;
  bool ready = false;
  bool draining = false;
  std::uint64_t buffered_bytes = 0;  ///< lent by the workers' pools
  double start_time_seconds = 0;     ///< of the process, since the epoch
  std::uint64_t log_events_dropped = 0;
  std::uint64_t access_log_lines_dropped = 0;
};

/// Reads /proc/self (proc(5)); control thread, about 100 µs.
ProcessFacts read_process_facts();

}  // namespace metrics
