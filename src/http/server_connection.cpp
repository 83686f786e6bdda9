#include "http/server_connection.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/try.hpp"
#include "http/chunked.hpp"

namespace http {
namespace {

using base::ErrorCode;
using std::chrono::seconds;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
// A body may be slow, but not slower than this from then on (rule S19).
constexpr seconds kSlowBodyGrace{10};
constexpr std::size_t kSlowBodyBytesPerSecond = 1024;
constexpr seconds kLingerGap{2};
constexpr seconds kLingerTotal{30};

auto too_busy() {
  return base::fail_internal(ErrorCode::router_overloaded,
                             "The router has no memory left for this request. Try again shortly.");
}

auto client_left() {
  return base::fail(ErrorCode::client_closed, "The client has gone.");
}

}  // namespace

ServerConnection::ServerConnection(std::unique_ptr<io::Stream> stream, io::BufferPool& pool,
                                   const ServerSettings& settings)
    : stream_(std::move(stream)), buffer_(pool), settings_(settings), parser_(settings.head) {}

bool ServerConnection::make_room(std::size_t wanted) {
  if (buffer_.size() < buffer_.capacity()) return true;
  // Fourfold, up to what is wanted: few copies of a large body, little memory for a mere claim.
  const std::size_t larger = std::max(buffer_.capacity() * 4, io::BufferPool::kSmallest);
  if (wanted > buffer_.capacity()) return buffer_.reserve(std::min(wanted, larger));
  return buffer_.make_room();
}

/// True: at least one byte more. False: the client has ended its side, or time is up between two
/// requests.
io::Task<base::Result<bool>> ServerConnection::read_more(base::Instant deadline) {
  if (stream_->loop().share_spent()) co_await stream_->loop().yield();
  io::Transfer got = stream_->try_read(buffer_.room());
  if (got.outcome == io::Outcome::again) {
    got = co_await stream_->read(buffer_.room(), {.deadline = deadline});
  }
  if (got.ok()) {
    buffer_.add(got.bytes);
    co_return true;
  }
  if (got.outcome == io::Outcome::deadline) {
    co_return base::fail(ErrorCode::request_timeout, "The request did not arrive in time.");
  }
  co_return client_left();
}

io::Task<base::Result<bool>> ServerConnection::read_head() {
  idle_ = true;
  parser_.reset();
  head_.method = {};  // the last request's bytes are gone
  head_.keep_alive = false;
  if (buffer_.empty() && !stream_->has_pending()) {
    // No buffer while the connection is idle: first readiness, then room to read into.
    const auto until = stream_->loop().now() + settings_.keep_alive;
    do {
      if (co_await stream_->readable({.deadline = until}) != io::Wake::ready) co_return false;
    } while (!stream_->input_arrived());
  }
  const auto deadline = stream_->loop().now() + settings_.header;
  for (;;) {
    if (!buffer_.empty()) {
      idle_ = false;
      const auto parsed = parser_.parse(buffer_.view(), head_);
      if (!parsed) co_return std::unexpected(parsed.error());
      if (*parsed) break;
    }
    if (!make_room(settings_.head.max_bytes)) co_return too_busy();
    const auto more = co_await read_more(deadline);
    if (more) continue;
    if (buffer_.empty()) co_return false;
    co_return std::unexpected(more.error());
  }
  request_bytes_ = head_.size;
  body_pending_ = head_.framing != Framing::none &&
                  !(head_.framing == Framing::length && head_.content_length == 0);
  co_return true;
}

base::Instant ServerConnection::body_deadline(base::Instant start, std::size_t received) const {
  const auto slowest = start + kSlowBodyGrace +
                       seconds(static_cast<std::int64_t>(received / kSlowBodyBytesPerSecond));
  return std::min(stream_->loop().now() + settings_.body_gap, base::Instant(slowest));
}

io::Task<base::Result<void>> ServerConnection::say_continue() {
  const bool waiting = buffer_.size() == head_.size;
  if (waiting && !co_await write(kContinue)) co_return client_left();
  co_return base::Result<void>();
}

io::Task<base::Result<std::string_view>> ServerConnection::read_body(std::size_t limit) {
  if (!body_pending_) co_return std::string_view();
  if (head_.framing == Framing::chunked) co_return co_await read_chunked_body(limit);
  if (head_.content_length > limit) {
    co_return base::fail(ErrorCode::body_too_large,
                         "The request body is larger than " + std::to_string(limit) + " bytes.");
  }
  if (head_.expect_continue) CO_TRY_VOID(co_await say_continue());
  const std::size_t total = head_.size + static_cast<std::size_t>(head_.content_length);
  const auto start = stream_->loop().now();
  while (buffer_.size() < total) {
    if (!make_room(total)) co_return too_busy();
    CO_TRY_VOID(co_await read_more(body_deadline(start, buffer_.size())));
  }
  head_.rebase(buffer_.data());
  request_bytes_ = total;
  body_pending_ = false;
  co_return buffer_.view().substr(head_.size, total - head_.size);
}

io::Task<base::Result<std::string_view>> ServerConnection::read_chunked_body(std::size_t limit) {
  if (head_.expect_continue) CO_TRY_VOID(co_await say_continue());
  ChunkedDecoder decoder(ChunkedDecoder::Side::request);
  const auto start = stream_->loop().now();
  std::size_t received = 0;
  std::size_t end = head_.size;  // of what is decoded; raw bytes follow
  for (;;) {
    const std::size_t raw = buffer_.size() - end;
    received += raw;
    CO_TRY(const auto decoded, decoder.decode({buffer_.data() + end, raw}));
    // What lies behind the last chunk belongs to the next request and moves up.
    const std::size_t rest = raw - decoded.consumed;
    std::memmove(buffer_.data() + end + decoded.payload, buffer_.data() + end + decoded.consumed,
                 rest);
    end += decoded.payload;
    buffer_.resize(end + rest);
    // A promise of too much is refused before it comes.
    if (end - head_.size > limit || decoder.promised() > limit - (end - head_.size)) {
      co_return base::fail(ErrorCode::body_too_large,
                           "The request body is larger than " + std::to_string(limit) + " bytes.");
    }
    if (decoded.done) break;
    if (!buffer_.make_room()) co_return too_busy();
    CO_TRY_VOID(co_await read_more(body_deadline(start, received)));
  }
  head_.rebase(buffer_.data());
  request_bytes_ = end;
  body_pending_ = false;
  co_return buffer_.view().substr(head_.size, end - head_.size);
}

void ServerConnection::release_request() {
  buffer_.consume(request_bytes_);
  request_bytes_ = 0;
  if (buffer_.empty()) buffer_.release();
}

bool ServerConnection::write_now(std::span<iovec>& slices) {
  const io::Transfer sent = stream_->try_write(slices);
  if (sent.ok()) io::advance(slices, sent.bytes);
  return slices.empty();
}

io::Task<bool> ServerConnection::write(std::span<iovec> slices) {
  while (!slices.empty()) {
    const io::Transfer sent = stream_->try_write(slices);
    if (sent.ok()) {
      io::advance(slices, sent.bytes);
      continue;
    }
    if (sent.outcome != io::Outcome::again) co_return false;
    const io::Guard guard{.deadline = stream_->loop().now() + settings_.write_gap,
                          .watched = &descriptor()};
    if (co_await stream_->writable(guard) != io::Wake::ready) co_return false;
  }
  co_return true;
}

io::Task<bool> ServerConnection::write(std::string_view bytes) {
  iovec slice{const_cast<char*>(bytes.data()), bytes.size()};
  co_return co_await write(std::span(&slice, 1));
}

bool ServerConnection::end_request() {
  const bool reusable = head_.keep_alive && !body_pending_;
  release_request();
  return reusable;
}

io::Task<void> ServerConnection::linger() {
  stream_->shutdown_write();
  std::array<char, 16384> dropped;
  const auto end = stream_->loop().now() + kLingerTotal;
  for (;;) {
    const auto deadline = std::min(end, stream_->loop().now() + kLingerGap);
    if (stream_->loop().share_spent()) co_await stream_->loop().yield();
    const io::Transfer got = co_await stream_->read(dropped, {.deadline = deadline});
    if (!got.ok() || stream_->loop().now() >= end) co_return;
  }
}

void ServerConnection::abort() {
  stream_->abort();
}

}  // namespace http
