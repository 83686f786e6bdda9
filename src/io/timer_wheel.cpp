#include "io/timer_wheel.hpp"

#include <algorithm>
#include <bit>

namespace io {

void Timer::cancel() {
  if (owner_ != nullptr) owner_->unlink(*this);
}

void TimerWheel::set(Timer& timer, base::Instant deadline) {
  timer.cancel();
  if (deadline == base::kNever) return;
  const auto since_start = std::max(deadline - start_, base::Duration::zero());
  // Rounded up, so that nothing fires early.
  const auto tick = static_cast<std::uint64_t>((since_start + kTick - base::Duration(1)) / kTick);
  timer.tick_ = std::max(tick, tick_ + 1);
  link(timer);
}

void TimerWheel::link(Timer& timer) {
  // A timer stands on the lowest level whose current turn still holds its tick: there its slot
  // lies ahead of the hand, and is reached exactly once before it is due.
  int level = 0;
  while (level < kLevels - 1 &&
         (timer.tick_ >> (kSlotBits * (level + 1))) != (tick_ >> (kSlotBits * (level + 1)))) {
    ++level;
  }
  std::uint64_t position = timer.tick_ >> (kSlotBits * level);
  const std::uint64_t hand = tick_ >> (kSlotBits * level);
  // Beyond the last level's turn: parked in its farthest slot, and sorted in again from there.
  if (level == kLevels - 1) position = std::min(position, hand + kSlots - 1);
  const auto index = static_cast<unsigned>(position % kSlots);
  timer.slot_ = static_cast<std::uint16_t>(level * kSlots + static_cast<int>(index));
  Timer*& head = slots_[timer.slot_];
  timer.owner_ = this;
  timer.previous_ = nullptr;
  timer.next_ = head;
  if (head != nullptr) head->previous_ = &timer;
  head = &timer;
  occupied_[static_cast<std::size_t>(level)] |= std::uint64_t{1} << index;
}

void TimerWheel::unlink(Timer& timer) {
  if (timer.next_ != nullptr) timer.next_->previous_ = timer.previous_;
  if (timer.previous_ != nullptr) {
    timer.previous_->next_ = timer.next_;
  } else {
    slots_[timer.slot_] = timer.next_;
    if (timer.next_ == nullptr) {
      occupied_[timer.slot_ / kSlots] &= ~(std::uint64_t{1} << (timer.slot_ % kSlots));
    }
  }
  timer.owner_ = nullptr;
  timer.next_ = timer.previous_ = nullptr;
}

void TimerWheel::cascade(int level) {
  const auto index = static_cast<unsigned>((tick_ >> (kSlotBits * level)) % kSlots);
  Timer*& head = slots_[static_cast<std::size_t>(level * kSlots) + index];
  while (head != nullptr) {
    Timer& timer = *head;
    unlink(timer);
    timer.tick_ = std::max(timer.tick_, tick_);
    link(timer);
  }
}

void TimerWheel::fire_slot(unsigned index) {
  // One by one from the head: an expired() may cancel or set any other timer of the slot.
  while (Timer* timer = slots_[index]) {
    unlink(*timer);
    timer->expired();
  }
}

void TimerWheel::advance(base::Instant now) {
  const auto target =
      static_cast<std::uint64_t>(std::max(now - start_, base::Duration::zero()) / kTick);
  while (tick_ < target) {
    // Jump over empty slots, but stop at each turn of the lowest level to cascade.
    const auto index = static_cast<unsigned>(tick_ % kSlots);
    const std::uint64_t ahead = index == kSlots - 1 ? 0 : occupied_[0] >> (index + 1);
    const std::uint64_t step =
        ahead != 0 ? static_cast<std::uint64_t>(std::countr_zero(ahead)) + 1 : kSlots - index;
    if (tick_ + step > target) {
      tick_ = target;
      return;
    }
    tick_ += step;
    for (int level = 1; level < kLevels; ++level) {
      if ((tick_ & ((std::uint64_t{1} << (kSlotBits * level)) - 1)) != 0) break;
      cascade(level);
    }
    fire_slot(static_cast<unsigned>(tick_ % kSlots));
  }
}

base::Instant TimerWheel::next() const {
  for (int level = 0; level < kLevels; ++level) {
    const std::uint64_t bits = occupied_[static_cast<std::size_t>(level)];
    if (bits == 0) continue;
    const std::uint64_t hand = tick_ >> (kSlotBits * level);
    // Rotated so that bit 0 is the slot next to the hand.
    const auto distance = static_cast<std::uint64_t>(
        std::countr_zero(std::rotr(bits, static_cast<int>((hand + 1) % kSlots))) + 1);
    const std::uint64_t tick = (hand + distance) << (kSlotBits * level);
    return start_ + kTick * static_cast<base::Duration::rep>(tick);
  }
  return base::kNever;
}

}  // namespace io
