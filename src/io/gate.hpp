#pragma once

#include <cstddef>
#include <utility>

#include "io/wait.hpp"

namespace io {

/// Counts what is in flight on one loop, so that a drain can wait for the last of it. Worker-local.
class Gate {
 public:
  /// One thing in flight, counted for as long as it lives.
  class Pass {
   public:
    explicit Pass(Gate& gate) : gate_(&gate) { ++gate.inside_; }
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    ~Pass() {
      if (gate_ != nullptr) --gate_->inside_;
    }

   private:
    Gate* gate_;
  };

  Pass enter() { return Pass(*this); }
  void close() { closed_ = true; }
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] std::size_t inside() const { return inside_; }

  /// Waits until nothing is inside; false if something still is at the deadline.
  Task<bool> emptied(Loop& loop, base::Instant deadline) const {
    while (inside_ > 0) {
      if (loop.now() >= deadline) co_return false;
      co_await sleep_until(loop, loop.now() + std::chrono::milliseconds(10));
    }
    co_return true;
  }

 private:
  std::size_t inside_ = 0;
  bool closed_ = false;
};

}  // namespace io
