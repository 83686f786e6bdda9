#include "metrics/exposition.hpp"

#include <map>
#include <utility>
#include <vector>

#include "metrics/text_writer.hpp"

namespace metrics {
namespace {

struct HistogramSum {
  std::span<const double> bounds;
  std::array<std::uint64_t, Histogram::kMaxBounds + 1> buckets{};
  double sum = 0;

  void add(const Histogram& part) {
    bounds = part.bounds();
    for (std::size_t i = 0; i <= bounds.size(); ++i)
      buckets[i] += part.bucket(i);
    sum += part.sum();
  }
};

// A model on a backend, over all workers.
struct SeriesSum {
  std::map<int, std::uint64_t> statuses;
  std::uint64_t other_statuses = 0;
  std::array<std::uint64_t, base::kErrorCodeCount> errors{};
  HistogramSum duration;
  HistogramSum first_token;
  std::int64_t in_flight = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;

  void add(const RequestCells& cells) {
    cells.statuses.for_each([&](int status, std::uint64_t n) { statuses[status] += n; });
    other_statuses += cells.statuses.other();
    for (std::size_t i = 0; i < errors.size(); ++i) {
      errors[i] += cells.errors.value(static_cast<base::ErrorCode>(i));
    }
    duration.add(cells.duration);
    first_token.add(cells.first_token);
    in_flight += cells.in_flight.value();
    bytes_in += cells.bytes_in.value();
    bytes_out += cells.bytes_out.value();
  }
};

using SeriesKey = std::pair<std::string_view, std::string_view>;  // model, backend
using SeriesSums = std::map<SeriesKey, SeriesSum>;
using Workers = std::span<const WorkerMetrics* const>;

SeriesSums sum_series(Workers workers) {
  SeriesSums sums;
  for (const WorkerMetrics* worker : workers) {
    for (const Series* series : worker->series()) {
      sums[{series->model, series->backend}].add(series->cells);
    }
  }
  return sums;
}

void write_histograms(TextWriter& out, Metric metric, const SeriesSums& all,
                      HistogramSum SeriesSum::* member) {
  out.family(metric);
  for (const auto& [key, sums] : all) {
    const HistogramSum& histogram = sums.*member;
    const Label model{"model", key.first};
    const Label backend{"backend", key.second};
    std::uint64_t count = 0;
    for (const std::uint64_t bucket : histogram.buckets)
      count += bucket;
    if (count == 0) continue;

    std::uint64_t below = 0;
    for (std::size_t i = 0; i < histogram.bounds.size(); ++i) {
      below += histogram.buckets[i];
      const std::string bound = number_text(histogram.bounds[i]);
      out.sample("_bucket", {model, backend, {"le", bound}}, below);
    }
    out.sample("_bucket", {model, backend, {"le", "+Inf"}}, count);
    out.sample("_sum", {model, backend}, histogram.sum);
    out.sample("_count", {model, backend}, count);
  }
}

void write_requests(TextWriter& out, const SeriesSums& all) {
  out.family(Metric::requests);
  for (const auto& [key, sums] : all) {
    const Label model{"model", key.first};
    const Label backend{"backend", key.second};
    for (const auto& [status, count] : sums.statuses) {
      out.sample({model, backend, {"status", std::to_string(status)}}, count);
    }
    if (sums.other_statuses > 0) {
      out.sample({model, backend, {"status", "other"}}, sums.other_statuses);
    }
  }
}

void write_errors(TextWriter& out, const SeriesSums& all, const ErrorNames& names) {
  out.family(Metric::errors);
  for (const auto& [key, sums] : all) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (sums.errors[i] == 0) continue;
      out.sample({{"model", key.first}, {"backend", key.second}, {"code", names[i]}},
                 sums.errors[i]);
    }
  }
}

template <class Number>
void write_series(TextWriter& out, Metric metric, const SeriesSums& all,
                  Number SeriesSum::* member) {
  out.family(metric);
  for (const auto& [key, sums] : all) {
    out.sample({{"model", key.first}, {"backend", key.second}}, sums.*member);
  }
}

template <class Value>
void write_backends(TextWriter& out, Metric metric, std::span<const DiscoveryFacts> backends,
                    Value value) {
  out.family(metric);
  for (const DiscoveryFacts& facts : backends) {
    if (const std::optional<double> v = value(facts)) {
      out.sample({{"backend", facts.backend}}, *v);
    }
  }
}

template <class Cell>
void write_workers(TextWriter& out, Metric metric, Workers workers, Cell WorkerMetrics::* member) {
  decltype((workers[0]->*member).value()) sum = 0;
  for (const WorkerMetrics* worker : workers)
    sum += (worker->*member).value();
  out.family(metric);
  out.sample({}, sum);
}

template <class Number>
void write_one(TextWriter& out, Metric metric, Number value) {
  out.family(metric);
  out.sample({}, value);
}

void write_process(TextWriter& out, const Facts& facts) {
  const RouterFacts& router = facts.router;
  write_one(out, Metric::access_log_lines_dropped, router.access_log_lines_dropped);
  write_one(out, Metric::log_events_dropped, router.log_events_dropped);
  write_one(out, Metric::ready, std::uint64_t{router.ready});
  write_one(out, Metric::draining, std::uint64_t{router.draining});
  write_one(out, Metric::workers, facts.router.workers);
  out.family(Metric::build_info);
  out.sample({{"version", router.version}}, std::uint64_t{1});
  write_one(out, Metric::process_cpu, facts.process.cpu_seconds);
  write_one(out, Metric::process_resident_memory, facts.process.resident_bytes);
  write_one(out, Metric::process_virtual_memory, facts.process.virtual_bytes);
  write_one(out, Metric::process_open_fds, facts.process.open_fds);
  write_one(out, Metric::process_max_fds, facts.process.max_fds);
  write_one(out, Metric::process_start_time, router.start_time_seconds);
}

}  // namespace

std::string expose(Workers workers, const Facts& facts, std::span<const DiscoveryFacts> backends) {
  using Backend = const DiscoveryFacts&;
  using W = WorkerMetrics;
  const SeriesSums series = sum_series(workers);
  TextWriter out;
  write_requests(out, series);
  write_errors(out, series, facts.error_names);
  write_series(out, Metric::requests_in_flight, series, &SeriesSum::in_flight);
  write_histograms(out, Metric::request_duration, series, &SeriesSum::duration);
  write_histograms(out, Metric::time_to_first_token, series, &SeriesSum::first_token);
  write_series(out, Metric::request_bytes, series, &SeriesSum::bytes_in);
  write_series(out, Metric::response_bytes, series, &SeriesSum::bytes_out);
  write_backends(out, Metric::backend_up, backends, [](Backend b) { return b.up ? 1.0 : 0.0; });
  write_backends(out, Metric::backend_models, backends,
                 [](Backend b) { return static_cast<double>(b.models); });
  write_backends(out, Metric::discovery_age, backends, [](Backend b) { return b.age_seconds; });
  write_backends(out, Metric::discovery_failures, backends,
                 [](Backend b) { return static_cast<double>(b.failures); });
  write_workers(out, Metric::connections_open, workers, &W::connections_open);
  write_workers(out, Metric::connections_accepted, workers, &W::connections_accepted);
  write_workers(out, Metric::upstream_connections_open, workers, &W::upstream_connections_open);
  write_workers(out, Metric::upstream_connections_idle, workers, &W::upstream_connections_idle);
  write_workers(out, Metric::upstream_connections_opened, workers, &W::upstream_connections_opened);
  write_workers(out, Metric::upstream_connections_reused, workers, &W::upstream_connections_reused);
  write_one(out, Metric::buffered_bytes, facts.router.buffered_bytes);
  write_process(out, facts);
  return out.take();
}

}  // namespace metrics
