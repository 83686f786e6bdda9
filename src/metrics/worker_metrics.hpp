#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "metrics/cell.hpp"
#include "metrics/request_cells.hpp"

namespace metrics {

/// One model on one backend, as one worker saw it.
struct Series {
  std::string model;
  std::string backend;
  RequestCells cells;
};

/// All figures of one worker. Owned by main; the worker's thread writes, the scraper reads.
///
/// The worker finds its cells without a lock; only a new series takes the mutex that the scraper
/// takes to list them. Series are never removed and never move.
class WorkerMetrics {
 public:
  static constexpr std::size_t kMaxSeries = 10'000;

  explicit WorkerMetrics(std::size_t max_series = kMaxSeries);

  /// Worker only. The cells of a model on a backend, made on first use; beyond `max_series` pairs
  /// those of model "other" on backend "other". Give names from the routing table, never a
  /// client's unchecked text: a request without a known model belongs to unrouted().
  RequestCells& cells(std::string_view model, std::string_view backend);

  /// Worker only. Requests refused before a model and a backend were known.
  RequestCells& unrouted() { return unrouted_->cells; }

  /// Any thread. The series so far; they live as long as this object.
  [[nodiscard]] std::vector<const Series*> series() const;

  // The worker's own figures; it writes them directly.
  Counter connections_accepted;         ///< by clients
  Gauge connections_open;               ///< from clients, now
  Counter upstream_connections_opened;  ///< to backends
  Counter upstream_connections_reused;  ///< requests sent on a pooled connection
  Gauge upstream_connections_open;      ///< now, idle ones included
  Gauge upstream_connections_idle;      ///< in the pool, now

 private:
  using Key = std::pair<std::string_view, std::string_view>;
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept;
  };

  Series& create(std::string_view model, std::string_view backend);

  const std::size_t max_series_;
  mutable std::mutex mutex_;  // guards all_ against the scraper
  std::vector<std::unique_ptr<Series>> all_;
  std::unordered_map<Key, Series*, KeyHash> by_key_;  // worker-local; keys point into all_
  Series* unrouted_;
  Series* overflow_ = nullptr;
};

}  // namespace metrics
