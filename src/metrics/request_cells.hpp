#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/error.hpp"
#include "metrics/cell.hpp"
#include "metrics/histogram.hpp"

namespace metrics {

/// Counts by HTTP status. A model meets few different ones: kSlots are kept exactly, in the order
/// in which they first came, the rest together. Single writer, any reader.
class StatusCounts {
 public:
  static constexpr std::size_t kSlots = 16;

  void add(int status) {
    for (Slot& slot : slots_) {
      const int kept = slot.status.load(std::memory_order_relaxed);
      if (kept == status) return slot.count.add();
      if (kept != 0) continue;
      slot.status.store(status, std::memory_order_relaxed);
      return slot.count.add();
    }
    other_.add();
  }

  /// Calls `visit(status, count)` for each status so far.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const Slot& slot : slots_) {
      const int status = slot.status.load(std::memory_order_relaxed);
      if (status == 0) return;
      visit(status, slot.count.value());
    }
  }

  [[nodiscard]] std::uint64_t other() const { return other_.value(); }

 private:
  struct Slot {
    std::atomic<int> status = 0;
    Counter count;
  };
  std::array<Slot, kSlots> slots_;
  Counter other_;
};

/// Counts by error code; single writer, any reader.
class ErrorCounts {
 public:
  void add(base::ErrorCode code) { counts_[static_cast<std::size_t>(code)].add(); }
  [[nodiscard]] std::uint64_t value(base::ErrorCode code) const {
    return counts_[static_cast<std::size_t>(code)].value();
  }

 private:
  std::array<Counter, base::kErrorCodeCount> counts_;
};

/// What is counted of the requests for one model on one backend, by one worker: worker-local to
/// write, shared to read. proxy's finish() settles all but in_flight, once per request.
struct RequestCells {
  StatusCounts statuses;  ///< the status that the client got; 499 if it had left
  ErrorCounts errors;     ///< by code, mid-stream errors included
  Histogram duration{kDurationBounds};
  Histogram first_token{kFirstTokenBounds};  ///< streams only: until the first event
  Gauge in_flight;                           ///< hold a Raised
  Counter bytes_in;                          ///< of request bodies
  Counter bytes_out;                         ///< of answer bodies
};

}  // namespace metrics
