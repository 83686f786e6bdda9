#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "base/error.hpp"
#include "http/chunked.hpp"
#include "http/response_head.hpp"
#include "io/buffer.hpp"
#include "io/stream.hpp"

namespace http {

/// The client's side of one HTTP/1.1 connection to a backend: a request goes out, its answer comes
/// in. Worker-local; owned by the request that uses it, or by the pool. Idle, it holds no buffer.
///
/// One exchange is send(), read_head(), read_body() until it says false. Each await ends early when
/// the guard's watched client leaves (client_closed) or its time is up (upstream_timeout; the
/// caller may wait again). After any other error the connection is to be destroyed.
class ClientConnection {
 public:
  ClientConnection(std::unique_ptr<io::Stream> stream, io::BufferPool& pool);

  /// Sends a request; the guard's time is for each piece that the backend takes. False if the
  /// backend answers before it has taken everything: the rest stays unsent, the answer can be read,
  /// and the connection can't be used again.
  io::Task<base::Result<bool>> send(std::span<iovec> slices, io::Guard guard);

  /// The final answer's head; up to 8 interim ones (1xx) are passed over. Errors:
  /// upstream_connection_closed, upstream_protocol_error, upstream_response_too_large.
  io::Task<base::Result<void>> read_head(io::Guard guard);
  [[nodiscard]] const ResponseHead& head() const { return head_; }
  /// The head's bytes go; head() holds its numbers but no more fields.
  void release_head();

  /// Body bytes received and not yet consumed, without framing, contiguous.
  [[nodiscard]] std::string_view body() const { return buffer_.view().substr(body_at_); }
  void consume(std::size_t bytes);

  /// Waits for more of the body. True: body() may have grown. False: the body is complete. Errors:
  /// upstream_incomplete, upstream_protocol_error, router_overloaded.
  io::Task<base::Result<bool>> read_body(io::Guard guard);
  [[nodiscard]] bool body_complete() const { return complete_; }

  /// Whether another request may follow on this connection.
  [[nodiscard]] bool reusable() const;
  /// Forgets the finished exchange and gives its buffer back.
  void reset();
  /// An idle connection on which anything has happened (bytes, FIN) is of no use any more. Costs a
  /// system call only if the socket may have something to read.
  [[nodiscard]] bool stale();

  /// After upstream_connection_closed: no byte of the request was acknowledged by the backend's
  /// kernel, so that the backend cannot have begun to work on it.
  [[nodiscard]] bool provably_unseen() const;

  [[nodiscard]] io::Stream& stream() { return *stream_; }

 private:
  base::Result<bool> parse_head();
  bool take_early_answer();
  io::Task<base::Result<bool>> receive(io::Guard guard);
  base::Result<void> begin_body();
  base::Result<void> take_received();
  base::Error broken(io::Outcome outcome) const;

  std::unique_ptr<io::Stream> stream_;
  io::Buffer buffer_;
  ResponseHeadParser parser_;
  ResponseHead head_;
  ChunkedDecoder decoder_{ChunkedDecoder::Side::response};
  std::uint64_t written_before_ = 0;  // this request
  std::uint64_t remaining_ = 0;       // of a body with Framing::length
  std::size_t body_at_ = 0;
  std::size_t received_to_ = 0;  // buffer bytes up to here are decoded
  int interim_heads_ = 0;
  bool head_read_ = false;
  bool complete_ = false;
  bool fit_for_reuse_ = true;
};

}  // namespace http
