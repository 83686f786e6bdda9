#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/line_file.hpp"
#include "base/time.hpp"

namespace base {

/// Carries lines from event loops to a descriptor that may block, through a thread of its own.
///
/// The problem: stdout may be a pipe nobody reads, the disk full or slow, and a request must not
/// wait for either. So a producer appends to a bounded lane, under a lock that the writer holds
/// only for a swap of two buffers; what doesn't fit is dropped and counted. Producers make no
/// system call, except one wake-up when a lane stops being empty or has `wake_bytes`.
///
/// Owned by main through Log or AccessLog; producers end before it does. The destructor waits at
/// most kExitWait for what is queued and then leaves a thread that is stuck in write() behind.
class LineWriter {
  struct State;

 public:
  static constexpr auto kExitWait = std::chrono::seconds(1);

  struct Options {
    std::size_t lane_bytes;                           ///< the most that one lane holds
    std::size_t wake_bytes;                           ///< written early once a lane holds this much
    Duration interval;                                ///< otherwise: how long lines are gathered
    Duration retry = std::chrono::milliseconds(200);  ///< a full disk is asked again after this
  };

  /// One producer's queue. Shared: several threads may use one, but a busy one has its own.
  class Lane {
   public:
    explicit Lane(State& state) : state_(state) {}

    /// Queues a whole line, newline included. False if there was no room, or if since the last
    /// call lines were lost on their way to the descriptor: time for a warning.
    bool append(std::string_view line);

   private:
    friend class LineWriter;

    State& state_;
    std::mutex mutex_;
    std::string queued_;
    std::uint64_t lost_seen_ = 0;
    std::atomic<std::uint64_t> dropped_ = 0;
  };

  LineWriter(LineFile file, Options options);
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  /// A new lane, valid as long as the writer.
  Lane& add_lane();

  /// What is written from now on goes to `file` (log rotation).
  void replace(LineFile file);

  /// Waits until all that is queued now has been written or lost, at most `limit`; false if not.
  bool flush(Duration limit);

  /// Lines that found no room, or whose descriptor had gone.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  // The thread's part.
  static void run(const std::shared_ptr<State>& state);
  static void write_batch(State& state, std::string_view batch);
  static bool take_replacement(State& state);

  // Shared with the thread, which may outlive this object when it hangs in write().
  std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace base
