#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "metrics/process_facts.hpp"
#include "metrics/worker_metrics.hpp"

namespace metrics {

/// What the control thread knows of one backend at the time of the scrape.
struct DiscoveryFacts {
  std::string_view backend;
  bool up = false;
  std::optional<double> age_seconds = {};  ///< since the last good list; none yet: empty
  std::uint64_t models = 0;
  std::uint64_t failures = 0;  ///< failed refreshes since the start
};

/// The name of each base::ErrorCode, in its order (llm/error_table has them; this layer can't).
using ErrorNames = std::array<std::string_view, base::kErrorCodeCount>;

struct Facts {
  ProcessFacts process;
  RouterFacts router;
  ErrorNames error_names;
};

/// The answer to GET /metrics, summed over the workers, in the Prometheus text format 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/). Any thread; never blocks a
/// worker for longer than it takes to copy a list of pointers.
///
/// prometheus-cpp isn't used: its counters take a mutex per observation, and for the text alone it
/// would want all of this copied into its own tree of families first.
std::string expose(std::span<const WorkerMetrics* const> workers, const Facts& facts,
                   std::span<const DiscoveryFacts> backends);

inline constexpr std::string_view kExpositionContentType =
    "text/plain; version=0.0.4; charset=utf-8";

}  // namespace metrics
