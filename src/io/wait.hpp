#pragma once

#include <coroutine>

#include "io/loop.hpp"

namespace io {

/// What may end an await early. Every await that can hang stands under one.
struct Guard {
  /// When to give up.
  base::Instant deadline = base::kNever;
  /// The other side of the proxied request: when it hangs up, the work has lost its purpose.
  Descriptor* watched = nullptr;
};

/// What to wait for; several flags wait for whichever comes first.
enum class Interest : std::uint8_t { none = 0, read = 1, write = 2, either = 3 };

/// `co_await Wait(descriptor, Interest::read, guard)` suspends until the descriptor is ready, the
/// watched peer has left or the deadline has passed, and says which. No system call, no allocation:
/// the descriptor is registered for life and the timer lives in the awaiter.
class Wait final : private Waiter, private Timer {
 public:
  Wait(Descriptor& descriptor, Interest interest, const Guard& guard)
      : descriptor_(&descriptor), interest_(interest), guard_(guard), loop_(descriptor.loop()) {}

  /// Sleeps until the guard's deadline or departure.
  Wait(Loop& loop, const Guard& guard)
      : descriptor_(nullptr), interest_(Interest::none), guard_(guard), loop_(loop) {}

  [[nodiscard]] bool await_ready() {
    if (guard_.watched != nullptr && guard_.watched->hung_up()) {
      reason_ = Wake::departed;
      return true;
    }
    if (wants(Interest::read) && descriptor_->readable()) return true;
    if (wants(Interest::write) && descriptor_->writable()) return true;
    if (guard_.deadline <= loop_.now()) {
      reason_ = Wake::deadline;
      return true;
    }
    return false;
  }

  void await_suspend(std::coroutine_handle<> awaiting) {
    awaiting_ = awaiting;
    if (wants(Interest::read)) descriptor_->on_readable(this);
    if (wants(Interest::write)) descriptor_->on_writable(this);
    if (guard_.watched != nullptr) guard_.watched->on_hang_up(this);
    loop_.timers().set(*this, guard_.deadline);
  }

  Wake await_resume() const { return reason_; }

 private:
  [[nodiscard]] bool wants(Interest interest) const {
    return (static_cast<unsigned>(interest_) & static_cast<unsigned>(interest)) != 0;
  }

  void wake(Wake reason) override {
    if (wants(Interest::read)) descriptor_->on_readable(nullptr);
    if (wants(Interest::write)) descriptor_->on_writable(nullptr);
    if (guard_.watched != nullptr) guard_.watched->on_hang_up(nullptr);
    cancel();
    reason_ = reason;
    awaiting_.resume();  // last: it destroys this awaiter
  }

  void expired() override { wake(Wake::deadline); }

  Descriptor* descriptor_;
  Interest interest_;
  Wake reason_ = Wake::ready;
  Guard guard_;
  Loop& loop_;
  std::coroutine_handle<> awaiting_;
};

/// Sleeps until `when`.
inline Wait sleep_until(Loop& loop, base::Instant when) {
  return Wait(loop, Guard{.deadline = when});
}

}  // namespace io
