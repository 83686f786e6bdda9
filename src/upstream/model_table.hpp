#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "llm/model_list.hpp"

namespace upstream {

/// What operators are told of a backend's list.
enum class ListState : std::uint8_t {
  pending,  ///< neither answered nor failed yet
  up,       ///< its list is good
  stale,    ///< its list is kept though 3 refreshes failed in a row, or 2 intervals went by
  down,     ///< it has failed and never given a list
};

std::string_view to_string(ListState state);

/// Which models a backend serves, by what its lists have said, and when to ask it next.
///
/// A pure state machine: told the outcome of each refresh, it says what follows. Backends restart,
/// flap and lie, and whom a model is taken from gets a 404. So:
/// - a failed refresh never removes a model; it is repeated after 1 s, doubling up to 30 s or the
///   interval, whichever is less;
/// - what a good list adds or changes holds at once;
/// - what it omits stays until a list asked for a second later omits it as well;
/// - if more than half vanish at once, the list is suspect: they stay until the list of the next
///   interval omits them as well, whatever lists come before.
///
/// Worker-local: belongs to the control thread.
class ModelList {
 public:
  static constexpr base::Duration kConfirmAfter = std::chrono::seconds(1);
  static constexpr base::Duration kFirstRetry = std::chrono::seconds(1);
  static constexpr base::Duration kLastRetry = std::chrono::seconds(30);
  static constexpr int kStaleMisses = 3;
  static constexpr int kStaleIntervals = 2;

  /// `interval` is more than zero.
  explicit ModelList(base::Duration interval) : interval_(interval) {}

  struct Outcome {
    bool changed = false;      ///< models() is not what it was
    bool suspect = false;      ///< this list omits more than half of what was known: worth a line
    std::size_t vanished = 0;  ///< models that it is the first to omit
  };

  /// A whole list came (all its pages). `unit` in [0, 1) spreads the next refresh.
  Outcome on_list(std::vector<llm::ListedModel> listed, base::Instant now, double unit);

  /// Any other end of a refresh. `reason` is for operators: without secrets.
  void on_failure(std::string reason, base::Instant now, double unit);

  /// The backend answered 404 for a model: next_refresh() becomes now, or a second after the last.
  void on_model_missing(base::Instant now);

  /// When to ask: at once to begin with. Changes with each of the calls above.
  [[nodiscard]] base::Instant next_refresh() const { return next_refresh_; }

  /// Sorted by id, each once.
  [[nodiscard]] const std::vector<llm::ListedModel>& models() const { return models_; }

  [[nodiscard]] ListState state(base::Instant now) const;
  /// Why the last refresh failed; empty if it didn't.
  [[nodiscard]] const std::string& last_error() const { return last_error_; }
  /// When the last good list came; kNever if none has.
  [[nodiscard]] base::Instant last_good() const { return last_good_; }

 private:
  using Removals = std::map<std::string, base::Instant>;

  /// Adds to `listed` those of the `omitted` whose removal isn't due, and makes absent_ anew.
  void keep_unconfirmed(std::vector<llm::ListedModel>& listed,
                        std::vector<llm::ListedModel> omitted, base::Instant now,
                        base::Instant confirmed);

  base::Duration interval_;
  std::vector<llm::ListedModel> models_;
  /// Models that the last list omitted, and when a list that omits them again will remove them.
  Removals absent_;
  base::Instant next_refresh_ = base::Instant::min();
  base::Instant last_outcome_ = base::kNever;
  base::Instant last_good_ = base::kNever;
  int misses_ = 0;  ///< failures since the last good list
  std::string last_error_;
};

}  // namespace upstream
