#pragma once

#include <array>
#include <atomic>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "base/time.hpp"
#include "io/task.hpp"
#include "io/timer_wheel.hpp"

namespace io {

class Mailbox;

/// Why a suspended coroutine goes on.
enum class Wake : std::uint8_t {
  ready,     ///< what it waited for
  departed,  ///< the watched peer has closed or reset its connection
  deadline,  ///< time is up
};

/// Whoever is told by a Descriptor that something has happened. The one implementation waits in
/// io/wait.hpp; kept as an interface so that a Descriptor knows nothing of coroutines.
class Waiter {
 public:
  virtual void wake(Wake reason) = 0;

 protected:
  ~Waiter() = default;
};

/// One file descriptor that the loop watches, registered once for its whole life and
/// edge-triggered: readiness is remembered here, so that waiting costs no system call. Owns the
/// descriptor. Worker-local: used by the loop's thread only; the loop outlives it.
class Descriptor {
 public:
  /// Takes `fd`, which must be non-blocking. Registration can fail only for lack of memory or of
  /// epoll watches (epoll_ctl(2)); valid() then says no.
  Descriptor(class Loop& loop, int fd);
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] Loop& loop() const { return loop_; }

  /// The peer has sent FIN or RST. Bytes may still wait to be read before it.
  [[nodiscard]] bool hung_up() const { return hung_up_; }
  [[nodiscard]] bool readable() const { return readable_; }
  [[nodiscard]] bool writable() const { return writable_; }

  /// Says that the last read or write has used up the readiness; after a FIN there is always
  /// something to read (the end).
  void drained() { readable_ = hung_up_; }
  /// Says that there was nothing to read (EAGAIN), whatever was reported before: waiting for more
  /// must not end at once, or it would be a loop without a turn for anybody else.
  void exhausted() { readable_ = false; }
  void filled() { writable_ = false; }

  /// At most one waiter each; nullptr takes it away.
  void on_readable(Waiter* waiter) { reader_ = waiter; }
  void on_writable(Waiter* waiter) { writer_ = waiter; }
  void on_hang_up(Waiter* waiter) { watcher_ = waiter; }
  /// Wakes whoever watches for a hang-up as if its time were up.
  void interrupt() {
    if (watcher_ != nullptr) watcher_->wake(Wake::deadline);
  }

 private:
  friend class Loop;
  void happened(std::uint32_t events);

  Loop& loop_;
  int fd_;
  bool readable_ = false;
  bool writable_ = false;
  bool hung_up_ = false;
  Waiter* reader_ = nullptr;
  Waiter* writer_ = nullptr;
  Waiter* watcher_ = nullptr;
};

/// One thread's event loop: epoll, a timer wheel and a mailbox. Everything but post() and stop()
/// belongs to the thread that calls run().
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until stop(), then destroys the spawned coroutines that are still suspended: what they
  /// refer to must be alive until run() returns.
  void run();
  void stop();

  /// Runs `work` on the loop's thread. Any thread. Work posted after the loop's end is dropped; an
  /// exception that leaves it is counted in failures().
  void post(std::move_only_function<void()> work);
  /// For threads that may outlive the loop (a name look-up that hangs).
  [[nodiscard]] std::shared_ptr<Mailbox> mailbox() const { return mailbox_; }

  /// Starts a coroutine that nobody awaits; it runs to its first suspension at once. An exception
  /// that leaves it (std::bad_alloc) ends it alone and is counted.
  void spawn(Task<void> task);
  [[nodiscard]] std::uint64_t failures() const { return failures_; }

  /// Whether a coroutine has had more than its share of this wake-up: to be asked once for each
  /// piece of work that may not suspend, such as reading from a peer that is always ready.
  [[nodiscard]] bool share_spent() { return ++pieces_ > kShare || bytes_ > kShareBytes; }
  /// Counts bytes that were read towards the share: a few large pieces cost what many small ones
  /// do.
  void spent(std::size_t bytes) { bytes_ += bytes; }
  /// `co_await loop.yield()` goes on after everybody else had a turn, with the time renewed.
  auto yield() {
    struct Awaiter {
      Loop& loop;
      [[nodiscard]] bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> awaiting) { loop.yielded_.push_back(awaiting); }
      void await_resume() const noexcept {}
    };
    return Awaiter{*this};
  }

  /// The time of the current wake-up: one clock reading per batch of events.
  [[nodiscard]] base::Instant now() const { return now_; }
  TimerWheel& timers() { return timers_; }

 private:
  friend class Descriptor;
  static constexpr int kBatch = 256;
  static constexpr int kShare = 32;
  static constexpr std::size_t kShareBytes = std::size_t{256} << 10;

  /// The frame of a spawned coroutine, in a list so that the loop's end can destroy it.
  struct Spawned;

  bool watch(Descriptor& descriptor);
  void forget(const Descriptor& descriptor);
  void wait_and_dispatch();
  void resume_yielded();
  [[nodiscard]] int timeout_ms() const;
  void begin_share() {
    pieces_ = 0;
    bytes_ = 0;
  }

  int epoll_;
  std::shared_ptr<Mailbox> mailbox_;
  std::atomic<bool> stopping_ = false;
  base::Instant now_;
  TimerWheel timers_;
  std::list<std::coroutine_handle<>> spawned_;
  std::vector<std::coroutine_handle<>> yielded_;
  int pieces_ = 0;  // of work since the last wake-up
  std::size_t bytes_ = 0;
  std::uint64_t failures_ = 0;
  // The batch being dispatched: a descriptor that goes away takes its pending events with it.
  std::array<Descriptor*, kBatch> batch_{};
  int batch_size_ = 0;
};

/// Where other threads leave work for a loop. Shared; outlives the loop if a thread holds it.
class Mailbox {
 public:
  virtual ~Mailbox() = default;
  /// Any thread.
  virtual void post(std::move_only_function<void()> work) = 0;
};

}  // namespace io
