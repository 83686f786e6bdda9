#include "admin/pages.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/rfc3339.hpp"
#include "json/write.hpp"
#include "llm/error_body.hpp"
#include "llm/error_table.hpp"

namespace admin {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";

Page readiness(const metrics::RouterFacts& facts) {
  if (facts.draining) return {503, kText, "draining"};
  if (!facts.ready) return {503, kText, "no models yet"};
  return {200, kText, "OK"};
}

metrics::ErrorNames error_names() {
  metrics::ErrorNames names;
  for (const llm::ErrorFacts& facts : llm::all_error_facts()) {
    names[static_cast<std::size_t>(facts.code)] = facts.name;
  }
  return names;
}

Page metrics_page(const Sources& sources, base::Instant now) {
  std::vector<metrics::DiscoveryFacts> backends;
  for (const upstream::EndpointStatus& status : sources.discovery.status()) {
    metrics::DiscoveryFacts facts;
    facts.backend = status.name;
    facts.up = status.state == upstream::ListState::up;
    if (status.last_good != base::kNever) facts.age_seconds = base::seconds(now - status.last_good);
    facts.models = status.models.size();
    facts.failures = status.failures;
    backends.push_back(facts);
  }
  const metrics::Facts facts{.process = metrics::read_process_facts(),
                             .router = sources.router_facts(),
                             .error_names = error_names()};
  return {200, metrics::kExpositionContentType, metrics::expose(sources.workers, facts, backends)};
}

void write_text(json::ObjectWriter& entry, std::string_view name, std::string_view text) {
  text.empty() ? entry.null(name) : entry.string(name, text);
}

void write_note(json::ObjectWriter entry, const upstream::ModelNote& note) {
  entry.string("id", note.id);
  const llm::ModelDetails& details = note.details;
  if (details.context_length) entry.uint("context_length", *details.context_length);
  if (details.max_context_length) entry.uint("max_context_length", *details.max_context_length);
  if (details.state != llm::ModelState::unknown) {
    entry.string("state", llm::to_string(details.state));
  }
  entry.close();
}

void write_endpoint(json::ObjectWriter entry, const upstream::EndpointStatus& status,
                    std::span<const upstream::ModelNote> notes, base::Instant now,
                    base::WallClock::time_point wall_now) {
  entry.string("name", status.name).string("state", upstream::to_string(status.state));
  write_text(entry, "kind", status.kind ? llm::to_string(*status.kind) : "");
  write_text(entry, "version", status.version);
  json::ArrayWriter models = entry.array("models");
  for (const std::string_view model : status.models)
    models.string(model);
  models.close();
  json::ArrayWriter details = entry.array("model_details");
  for (const upstream::ModelNote& note : notes)
    write_note(details.object(), note);
  details.close();
  if (status.last_good == base::kNever) {
    entry.null("last_refresh");
  } else {
    const auto when =
        wall_now - std::chrono::duration_cast<base::WallClock::duration>(now - status.last_good);
    std::array<char, base::Rfc3339::kLength> text;
    base::Rfc3339().write(text.data(), when);
    entry.string("last_refresh", {text.data(), text.size()});
  }
  write_text(entry, "last_error", status.last_error);
  entry.uint("in_flight", static_cast<std::uint64_t>(std::max<std::int64_t>(status.in_flight, 0)));
  entry.close();
}

Page endpoints_page(const Sources& sources, base::Instant now,
                    base::WallClock::time_point wall_now) {
  Page page;
  json::ObjectWriter root(page.body);
  json::ArrayWriter endpoints = root.array("endpoints");
  const auto all = sources.discovery.status();
  for (std::size_t i = 0; i < all.size(); ++i) {
    write_endpoint(endpoints.object(), all[i], sources.discovery.notes(i), now, wall_now);
  }
  endpoints.close();
  root.close();
  page.body.append("\n");
  return page;
}

}  // namespace

Page page_for(std::string_view path, const Sources& sources, base::Instant now,
              base::WallClock::time_point wall_now) {
  if (path == "/healthz") return {200, kText, "OK"};
  if (path == "/readyz") return readiness(sources.router_facts());
  if (path == "/metrics") return metrics_page(sources, now);
  if (path == "/router/endpoints") return endpoints_page(sources, now, wall_now);
  return {404, "application/json",
          llm::error_body(
              base::fail(base::ErrorCode::not_found, "There is nothing at this path.").error())};
}

}  // namespace admin
