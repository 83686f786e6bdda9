#include "metrics/worker_metrics.hpp"

#include <functional>

namespace metrics {

std::size_t WorkerMetrics::KeyHash::operator()(const Key& key) const noexcept {
  const std::hash<std::string_view> hash;
  return hash(key.first) * 0x9e3779b97f4a7c15U + hash(key.second);
}

WorkerMetrics::WorkerMetrics(std::size_t max_series)
    : max_series_(max_series), unrouted_(&create("", "")) {}

RequestCells& WorkerMetrics::cells(std::string_view model, std::string_view backend) {
  const auto found = by_key_.find(Key(model, backend));
  if (found != by_key_.end()) return found->second->cells;
  // unrouted_ doesn't count, and overflow_ only exists beyond the limit.
  if (by_key_.size() - 1 < max_series_) return create(model, backend).cells;
  if (overflow_ == nullptr) overflow_ = &create("other", "other");
  return overflow_->cells;
}

Series& WorkerMetrics::create(std::string_view model, std::string_view backend) {
  auto made = std::make_unique<Series>(std::string(model), std::string(backend));
  Series& series = *made;
  {
    const std::lock_guard lock(mutex_);
    all_.push_back(std::move(made));
  }
  by_key_.emplace(Key(series.model, series.backend), &series);
  return series;
}

std::vector<const Series*> WorkerMetrics::series() const {
  const std::lock_guard lock(mutex_);
  std::vector<const Series*> out;
  out.reserve(all_.size());
  for (const auto& series : all_)
    out.push_back(series.get());
  return out;
}

}  // namespace metrics
