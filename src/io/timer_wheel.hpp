#pragma once

#include <array>
#include <cstdint>

#include "base/time.hpp"

namespace io {

/// An entry of a TimerWheel, linked into it by the wheel itself: setting and cancelling never
/// allocate. Lives in the frame that waits; the destructor cancels.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  [[nodiscard]] bool armed() const { return owner_ != nullptr; }
  void cancel();

 protected:
  ~Timer() { cancel(); }
  /// Called by the wheel once, after the timer has left it; may set or destroy any timer.
  virtual void expired() = 0;

 private:
  friend class TimerWheel;
  Timer* next_ = nullptr;
  Timer* previous_ = nullptr;
  class TimerWheel* owner_ = nullptr;
  std::uint64_t tick_ = 0;
  std::uint16_t slot_ = 0;
};

/// Hierarchical timing wheel (Varghese and Lauck, SOSP 1987): four levels of 64 slots of 8 ms,
/// 0.5 s, 33 s and 35 min. Setting and cancelling are O(1); a deadline is met at most one tick
/// late, never early. Worker-local, and pure: the time comes in as an argument.
class TimerWheel {
 public:
  static constexpr base::Duration kTick = std::chrono::milliseconds(8);

  explicit TimerWheel(base::Instant start) : start_(start) {}

  /// Arms `timer`, or moves it if armed. `base::kNever` cancels it.
  void set(Timer& timer, base::Instant deadline);

  /// Fires everything that is due at `now`.
  void advance(base::Instant now);

  /// When advance() is needed next: never too late, at times too early; kNever when empty.
  [[nodiscard]] base::Instant next() const;

 private:
  friend class Timer;
  static constexpr int kLevels = 4;
  static constexpr int kSlotBits = 6;
  static constexpr int kSlots = 1 << kSlotBits;

  void link(Timer& timer);
  void unlink(Timer& timer);
  Timer* take_slot(int level, unsigned index);
  void fire_slot(unsigned index);
  void cascade(int level);

  base::Instant start_;
  std::uint64_t tick_ = 0;  // the last tick that advance() has dealt with
  std::array<std::uint64_t, kLevels> occupied_{};
  std::array<Timer*, static_cast<std::size_t>(kLevels* kSlots)> slots_{};
};

}  // namespace io
