#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "metrics/exposition.hpp"
#include "upstream/discovery.hpp"

namespace admin {

/// Where the admin address finds what it shows. Belongs to the control thread; what it refers to
/// outlives it.
struct Sources {
  const upstream::Discovery& discovery;
  std::span<const metrics::WorkerMetrics* const> workers;
  std::function<metrics::RouterFacts()> router_facts;
};

struct Page {
  int status = 200;
  std::string_view content_type = "application/json";
  std::string body;
};

/// The answer to GET `path` on the admin address; 404 for paths it doesn't have.
/// `/healthz`, `/readyz`, `/metrics`, `/router/endpoints`.
Page page_for(std::string_view path, const Sources& sources, base::Instant now,
              base::WallClock::time_point wall_now);

}  // namespace admin
