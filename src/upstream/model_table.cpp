#include "upstream/model_table.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace upstream {

using base::Duration;
using base::Instant;
using llm::ListedModel;

namespace {

bool by_id(const ListedModel& a, const ListedModel& b) {
  return a.id < b.id;
}
bool same_id(const ListedModel& a, const ListedModel& b) {
  return a.id == b.id;
}
bool same(const ListedModel& a, const ListedModel& b) {
  return a.id == b.id && a.json == b.json;
}

/// Sorted, each id once; which entry of an id stays doesn't depend on their order.
void normalise(std::vector<ListedModel>& models) {
  std::ranges::sort(models, [](const ListedModel& a, const ListedModel& b) {
    return std::tie(a.id, a.json) < std::tie(b.id, b.json);
  });
  models.erase(std::unique(models.begin(), models.end(), same_id), models.end());
}

Duration scaled(Duration duration, double factor) {
  return std::chrono::duration_cast<Duration>(duration * factor);
}

}  // namespace

std::string_view to_string(ListState state) {
  switch (state) {
    case ListState::pending:
      return "pending";
    case ListState::up:
      return "up";
    case ListState::stale:
      return "stale";
    case ListState::down:
      return "down";
  }
  return "";
}

ModelList::Outcome ModelList::on_list(std::vector<ListedModel> listed, Instant now, double unit) {
  normalise(listed);
  std::vector<ListedModel> omitted;
  std::ranges::set_difference(models_, listed, std::back_inserter(omitted), by_id);

  Outcome outcome;
  const auto is_first = [&](const ListedModel& model) { return !absent_.contains(model.id); };
  outcome.vanished = static_cast<std::size_t>(std::ranges::count_if(omitted, is_first));
  outcome.suspect = outcome.vanished * 2 > models_.size();

  const Instant next_interval = now + scaled(interval_, 0.9 + 0.2 * unit);
  const Instant confirmed =
      outcome.suspect ? next_interval : now + std::min(kConfirmAfter, interval_);
  keep_unconfirmed(listed, std::move(omitted), now, confirmed);
  outcome.changed = !std::ranges::equal(listed, models_, same);
  models_ = std::move(listed);

  next_refresh_ = next_interval;
  for (const auto& [id, removal] : absent_)
    next_refresh_ = std::min(next_refresh_, removal);
  last_outcome_ = now;
  last_good_ = now;
  misses_ = 0;
  last_error_.clear();
  return outcome;
}

void ModelList::keep_unconfirmed(std::vector<ListedModel>& listed, std::vector<ListedModel> omitted,
                                 Instant now, Instant confirmed) {
  Removals absent;
  for (ListedModel& model : omitted) {
    const auto before = absent_.find(model.id);
    const Instant removal = before == absent_.end() ? confirmed : before->second;
    if (before != absent_.end() && removal <= now) continue;
    absent.emplace(model.id, removal);
    listed.push_back(std::move(model));
  }
  absent_ = std::move(absent);
  std::ranges::sort(listed, by_id);
}

void ModelList::on_failure(std::string reason, Instant now, double unit) {
  last_error_ = std::move(reason);
  last_outcome_ = now;
  ++misses_;
  constexpr int kDoublings = 5;  // 1 s to 32 s
  const Duration doubled = kFirstRetry * (1 << std::min(misses_ - 1, kDoublings));
  const Duration delay = std::min({doubled, kLastRetry, interval_});
  next_refresh_ = now + scaled(delay, 0.8 + 0.2 * unit);
}

void ModelList::on_model_missing(Instant now) {
  const bool just_asked = last_outcome_ != base::kNever && now < last_outcome_ + kConfirmAfter;
  next_refresh_ = std::min(next_refresh_, just_asked ? last_outcome_ + kConfirmAfter : now);
}

ListState ModelList::state(Instant now) const {
  if (last_outcome_ == base::kNever) return ListState::pending;
  if (last_good_ == base::kNever) return ListState::down;
  const bool old = now - last_good_ > interval_ * kStaleIntervals;
  return old || misses_ >= kStaleMisses ? ListState::stale : ListState::up;
}

}  // namespace upstream
