#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "base/error.hpp"
#include "http/request_head.hpp"
#include "io/buffer.hpp"
#include "io/stream.hpp"

namespace http {

/// What one listener grants its clients.
struct ServerSettings {
  Limits head;
  std::chrono::milliseconds keep_alive = std::chrono::seconds(75);  ///< idle, before a request
  std::chrono::milliseconds header = std::chrono::seconds(10);      ///< first byte to end of head
  std::chrono::milliseconds body_gap = std::chrono::seconds(60);    ///< between reads of a body
  std::chrono::milliseconds write_gap = std::chrono::seconds(60);   ///< a client that doesn't read
};

/// The server's side of one HTTP/1.1 connection: requests come out one at a time, bytes go in.
/// It decides nothing about their content. Worker-local; owned by the coroutine that serves the
/// connection. An idle connection holds no buffer.
///
/// One request is read_head(), then at most one read_body(), then any number of write(), then
/// end_request(). After an error nothing can be read any more: answer, linger(), destroy.
class ServerConnection {
 public:
  ServerConnection(std::unique_ptr<io::Stream> stream, io::BufferPool& pool,
                   const ServerSettings& settings);

  /// Waits for the next request. False: the client has gone or was idle for too long, between two
  /// requests, and nothing is to be said. Errors are answered: those of RequestHeadParser,
  /// request_timeout, router_overloaded; client_closed if it left within the head.
  io::Task<base::Result<bool>> read_head();

  /// Valid from read_head() to release_request() or end_request().
  [[nodiscard]] const RequestHead& head() const { return head_; }

  /// The whole body, without its framing, contiguous, until release_request(). Says `100 Continue`
  /// first if the client waits for it. Memory grows with the bytes that have come, at most four
  /// times as far. Errors: body_too_large, request_timeout, router_overloaded, bad_request,
  /// client_closed.
  io::Task<base::Result<std::string_view>> read_body(std::size_t limit);

  /// Lets the bytes of head and body go; what the client has sent behind them is kept.
  void release_request();

  /// One attempt without suspending: true if everything went out, which is the rule. Advances
  /// `slices`.
  bool write_now(std::span<iovec>& slices);
  /// Writes everything, or says that the client has gone or reads nothing. Advances `slices`.
  io::Task<bool> write(std::span<iovec> slices);
  io::Task<bool> write(std::string_view bytes);

  /// Makes ready for the next request; false if the connection must end (the client said so, or the
  /// body was not read to its end).
  bool end_request();

  /// Before closing on a client that may still be sending: FIN, then read and drop for a while, so
  /// that the answer isn't lost to a reset (RFC 9112 9.6).
  io::Task<void> linger();

  /// Something of the request's body has not been read: no other request can follow.
  [[nodiscard]] bool body_unread() const { return body_pending_; }
  [[nodiscard]] bool idle() const { return idle_; }
  [[nodiscard]] io::Descriptor& descriptor() { return stream_->descriptor(); }
  /// Whether a request may be on its way in: bytes wait to be read. Costs a system call.
  [[nodiscard]] bool has_input() const { return stream_->has_input(); }
  /// Wakes what waits for a backend on this connection's behalf as if its time were up; it looks at
  /// the clock and may wait again.
  void interrupt() { descriptor().interrupt(); }
  /// Ends the connection by a reset: for a client that must not take what it has for the whole.
  void reset() { stream_->reset(); }
  /// Wakes whatever waits on this connection as if the client had left.
  void abort();

 private:
  io::Task<base::Result<bool>> read_more(base::Instant deadline);
  io::Task<base::Result<std::string_view>> read_chunked_body(std::size_t limit);
  io::Task<base::Result<void>> say_continue();
  [[nodiscard]] base::Instant body_deadline(base::Instant start, std::size_t received) const;
  bool make_room(std::size_t wanted);

  std::unique_ptr<io::Stream> stream_;
  io::Buffer buffer_;
  const ServerSettings& settings_;
  RequestHeadParser parser_;
  RequestHead head_;
  std::size_t request_bytes_ = 0;  // of buffer_: head and body, decoded; pipelined bytes follow
  bool idle_ = true;
  bool body_pending_ = false;  // a body was announced and is not read to its end
};

}  // namespace http
