#pragma once

#include <coroutine>
#include <utility>

#include "io/loop.hpp"

namespace io {

/// A sleep that can be cut short. One sleeper at a time; worker-local.
class Alarm final : private Timer {
 public:
  explicit Alarm(Loop& loop) : loop_(loop) {}

  /// `co_await alarm.until(when)` goes on at `when`, or as soon as ring() is called.
  auto until(base::Instant when) {
    struct Awaiter {
      Alarm& alarm;
      base::Instant when;
      [[nodiscard]] bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> sleeper) {
        alarm.sleeper_ = sleeper;
        alarm.loop_.timers().set(alarm, when);
      }
      void await_resume() const noexcept {}
    };
    return Awaiter{*this, when};
  }

  /// Wakes the sleeper, if there is one.
  void ring() {
    cancel();
    if (auto sleeper = std::exchange(sleeper_, nullptr)) sleeper.resume();
  }

 private:
  void expired() override { ring(); }

  Loop& loop_;
  std::coroutine_handle<> sleeper_;
};

}  // namespace io
