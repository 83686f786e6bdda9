#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include <sys/uio.h>

#include "io/task.hpp"
#include "io/wait.hpp"

namespace io {

class TlsSession;

enum class Outcome : std::uint8_t {
  ok,
  again,     ///< nothing to be had now (only from try_…)
  end,       ///< the peer has ended its side (FIN, or TLS close_notify)
  reset,     ///< the connection broke
  departed,  ///< the guard's watched peer left
  deadline,  ///< the guard's time is up
};

struct Transfer {
  std::size_t bytes = 0;
  Outcome outcome = Outcome::ok;

  [[nodiscard]] bool ok() const { return outcome == Outcome::ok; }
};

/// One connection, plain or TLS. Worker-local; owned by whoever speaks the protocol on it.
/// Destroying it closes the socket.
class Stream {
 public:
  Stream(Loop& loop, int fd);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  [[nodiscard]] bool valid() const { return descriptor_.valid(); }
  [[nodiscard]] Descriptor& descriptor() { return descriptor_; }
  [[nodiscard]] Loop& loop() const { return descriptor_.loop(); }

  /// From here on all bytes go through `session`.
  void secure(std::unique_ptr<TlsSession> session);

  /// One attempt, never suspends.
  Transfer try_read(std::span<char> into);
  Transfer try_write(std::span<const iovec> slices);

  /// Suspends until there may be something to read or room to write.
  Wait readable(const Guard& guard) { return wait(Interest::read, guard); }
  Wait writable(const Guard& guard) { return wait(Interest::write, guard); }
  Wait wait(Interest interest, const Guard& guard);

  /// At least one byte, or why not. `into` and the stream outlive the await.
  Task<Transfer> read(std::span<char> into, Guard guard);
  /// Everything, or why not; `bytes` says how much went out. Advances `slices`; what they point to
  /// outlives the await.
  Task<Transfer> write(std::span<iovec> slices, Guard guard);
  Task<Transfer> write(std::span<const char> bytes, Guard guard);

  /// Whether bytes wait to be read. Costs a system call.
  [[nodiscard]] bool has_input() const;
  /// Whether bytes were taken from the socket already, and wait to be read: TLS comes in records.
  [[nodiscard]] bool has_pending() const;
  /// To be asked once the stream is readable, by who holds no buffer: false if what has come is of
  /// TLS's own or half a record, and the wait goes on. Always true without TLS.
  bool input_arrived();
  /// Sends FIN; reading goes on.
  void shutdown_write();
  /// Ends both directions: whatever waits on the stream goes on and finds it closed.
  void abort();
  /// Ends the connection by RST, at once; what was not sent yet is dropped (connect(2), AF_UNSPEC).
  void reset();
  /// Bytes written so far.
  [[nodiscard]] std::uint64_t written() const { return written_; }
  /// Whether the peer has provably seen nothing of what was written after the first `written`
  /// bytes: it had ended its side, and its FIN acknowledged none of them (Linux tcp(7), TCP_INFO:
  /// tcpi_bytes_acked). A reset without FIN proves nothing: acknowledgements are delayed by up to
  /// 40 ms, and what a reset itself acknowledges isn't counted. Costs a system call; for the time
  /// after a failure. Never true of TLS.
  [[nodiscard]] bool unacknowledged_since(std::uint64_t written) const;

 private:
  Transfer outcome_of_failure(Interest direction);

  Descriptor descriptor_;
  std::unique_ptr<TlsSession> tls_;
  std::uint64_t written_ = 0;
  bool ended_ = false;   // FIN came, before any reset
  bool broken_ = false;  // reset came, before any FIN
};

/// Drops what has been written from the front of `slices`.
void advance(std::span<iovec>& slices, std::size_t written);

}  // namespace io
