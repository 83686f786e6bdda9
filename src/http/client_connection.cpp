#include "http/client_connection.hpp"

#include <algorithm>

#include "base/try.hpp"

namespace http {
namespace {

using base::ErrorCode;

constexpr int kMaxInterimHeads = 8;

}  // namespace

ClientConnection::ClientConnection(std::unique_ptr<io::Stream> stream, io::BufferPool& pool)
    : stream_(std::move(stream)), buffer_(pool) {}

base::Error ClientConnection::broken(io::Outcome outcome) const {
  const auto upstream = [](ErrorCode code, std::string message, std::string cause) {
    return base::fail_upstream(code, std::move(message), std::move(cause)).error();
  };
  switch (outcome) {
    case io::Outcome::departed:
      return base::fail(ErrorCode::client_closed, "The client has gone.").error();
    case io::Outcome::deadline:
      return upstream(ErrorCode::upstream_timeout, "The backend did not answer in time.", "");
    case io::Outcome::ok:
    case io::Outcome::again:
    case io::Outcome::end:
    case io::Outcome::reset:
      break;
  }
  const std::string how = outcome == io::Outcome::end ? "closed" : "reset";
  if (head_read_) {
    return upstream(ErrorCode::upstream_incomplete,
                    "The backend ended the connection before its answer was complete.",
                    "connection " + how + " within the body");
  }
  return upstream(ErrorCode::upstream_connection_closed,
                  "The backend closed the connection without an answer.",
                  "connection " + how + (buffer_.empty() ? " before" : " within") + " the head");
}

io::Task<base::Result<bool>> ClientConnection::send(std::span<iovec> slices, io::Guard guard) {
  written_before_ = stream_->written();
  const bool is_timed = guard.deadline != base::kNever;
  const base::Duration patience = guard.deadline - stream_->loop().now();
  interim_heads_ = 0;
  while (!slices.empty()) {
    const io::Transfer sent = stream_->try_write(slices);
    if (sent.ok()) {
      io::advance(slices, sent.bytes);
      if (is_timed) guard.deadline = stream_->loop().now() + patience;
      continue;
    }
    if (sent.outcome != io::Outcome::again) {
      // The backend may have refused the body and said why before it closed.
      fit_for_reuse_ = false;
      co_return false;
    }
    const io::Wake wake = co_await stream_->wait(io::Interest::either, guard);
    if (wake == io::Wake::departed) co_return std::unexpected(broken(io::Outcome::departed));
    if (wake == io::Wake::deadline) co_return std::unexpected(broken(io::Outcome::deadline));
    if (stream_->descriptor().readable() && take_early_answer()) {
      fit_for_reuse_ = false;
      co_return false;
    }
  }
  co_return true;
}

/// Reads what has come while the request is still being sent. True: a final answer, or the end;
/// what is left of the request isn't wanted any more. Interim answers (1xx) and what TLS sends for
/// itself change nothing.
bool ClientConnection::take_early_answer() {
  if (!buffer_.make_room()) {
    return true;
  }
  const io::Transfer got = stream_->try_read(buffer_.room());
  if (got.outcome == io::Outcome::again) return false;
  if (!got.ok()) return true;
  buffer_.add(got.bytes);
  const auto final_head = parse_head();
  if (final_head && !*final_head) return false;
  parser_.reset();  // read_head() reads it once more and says what is to be said
  return true;
}

/// Appends what comes to the buffer. False: the backend has ended its side.
io::Task<base::Result<bool>> ClientConnection::receive(io::Guard guard) {
  io::Loop& loop = stream_->loop();
  if (stream_->descriptor().readable() && loop.share_spent()) {
    // A backend that is always ready would leave nobody else a turn, and no deadline would come.
    co_await loop.yield();
    if (guard.watched != nullptr && guard.watched->hung_up()) {
      co_return std::unexpected(broken(io::Outcome::departed));
    }
    if (guard.deadline <= loop.now()) co_return std::unexpected(broken(io::Outcome::deadline));
  }
  if (!stream_->descriptor().readable()) {
    // An idle stream holds no buffer: readiness first.
    if (buffer_.empty()) buffer_.release();
    const io::Wake wake = co_await stream_->readable(guard);
    if (wake == io::Wake::departed) co_return std::unexpected(broken(io::Outcome::departed));
    if (wake == io::Wake::deadline) co_return std::unexpected(broken(io::Outcome::deadline));
  }
  if (!buffer_.make_room()) {
    co_return base::fail_internal(ErrorCode::router_overloaded,
                                  "The router has no memory left for this answer.");
  }
  if (body_at_ > 0) head_.rebase(buffer_.data());  // it may have moved, whatever is read now
  io::Transfer got = stream_->try_read(buffer_.room());
  if (got.outcome == io::Outcome::again) got = co_await stream_->read(buffer_.room(), guard);
  if (got.outcome == io::Outcome::end) co_return false;
  if (!got.ok()) co_return std::unexpected(broken(got.outcome));
  buffer_.add(got.bytes);
  co_return true;
}

/// The head at the front of the buffer, if it is whole and final; interim ones are passed over.
base::Result<bool> ClientConnection::parse_head() {
  while (!buffer_.empty()) {
    TRY(const bool whole, parser_.parse(buffer_.view(), head_));
    if (!whole || head_.status >= 200) return whole;
    if (head_.status == 101 || ++interim_heads_ > kMaxInterimHeads) {
      return base::fail_upstream(ErrorCode::upstream_protocol_error,
                                 "The backend answered with an unexpected interim status.",
                                 "status " + std::to_string(head_.status));
    }
    buffer_.consume(head_.size);
    parser_.reset();
  }
  return false;
}

io::Task<base::Result<void>> ClientConnection::read_head(io::Guard guard) {
  for (;;) {
    CO_TRY(const bool whole, parse_head());
    if (whole) co_return begin_body();
    CO_TRY(const bool more, co_await receive(guard));
    if (!more) co_return std::unexpected(broken(io::Outcome::end));
  }
}

base::Result<void> ClientConnection::begin_body() {
  head_read_ = true;
  body_at_ = received_to_ = head_.size;
  remaining_ = head_.content_length;
  complete_ = head_.framing == Framing::none ||
              (head_.framing == Framing::length && head_.content_length == 0);
  fit_for_reuse_ = fit_for_reuse_ && head_.keep_alive && head_.framing != Framing::until_close;
  return take_received();
}

/// Decodes the raw bytes behind received_to_, so that the buffer holds nothing but content.
base::Result<void> ClientConnection::take_received() {
  const std::size_t raw = buffer_.size() - received_to_;
  if (complete_) {
    // Bytes beyond the end: the answer is good, the connection is not.
    if (raw > 0) fit_for_reuse_ = false;
    buffer_.resize(received_to_);
    return {};
  }
  switch (head_.framing) {
    case Framing::chunked: {
      TRY(const auto decoded, decoder_.decode({buffer_.data() + received_to_, raw}));
      if (decoded.consumed < raw) fit_for_reuse_ = false;
      received_to_ += decoded.payload;
      complete_ = decoded.done;
      break;
    }
    case Framing::length: {
      const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(raw, remaining_));
      if (taken < raw) fit_for_reuse_ = false;
      remaining_ -= taken;
      received_to_ += taken;
      complete_ = remaining_ == 0;
      break;
    }
    case Framing::until_close:
    case Framing::none:
      received_to_ += raw;
      break;
  }
  buffer_.resize(received_to_);
  return {};
}

void ClientConnection::release_head() {
  if (body_at_ == 0) return;
  buffer_.consume(body_at_);
  received_to_ -= body_at_;
  body_at_ = 0;
  head_.headers.clear();
}

void ClientConnection::consume(std::size_t bytes) {
  buffer_.erase(body_at_, bytes);
  received_to_ -= bytes;
}

io::Task<base::Result<bool>> ClientConnection::read_body(io::Guard guard) {
  if (complete_) co_return false;
  auto more = co_await receive(guard);
  if (!more) co_return more;
  if (*more) {
    CO_TRY_VOID(take_received());
    co_return true;
  }
  if (head_.framing != Framing::until_close) co_return std::unexpected(broken(io::Outcome::end));
  complete_ = true;
  co_return false;
}

bool ClientConnection::reusable() const {
  return complete_ && fit_for_reuse_;
}

void ClientConnection::reset() {
  buffer_.release();
  parser_.reset();
  decoder_ = ChunkedDecoder(ChunkedDecoder::Side::response);
  body_at_ = received_to_ = 0;
  head_read_ = complete_ = false;
}

bool ClientConnection::stale() {
  if (stream_->descriptor().hung_up()) return true;
  if (!stream_->descriptor().readable()) return false;
  // Perhaps only what TLS sends for itself, or a read that ended just where the bytes did.
  char unexpected = 0;
  return stream_->try_read({&unexpected, 1}).outcome != io::Outcome::again;
}

bool ClientConnection::provably_unseen() const {
  return buffer_.empty() && stream_->unacknowledged_since(written_before_);
}

}  // namespace http
