#include "proxy/held_head.hpp"

#include <array>

#include "http/chunked.hpp"
#include "http/forward.hpp"
#include "proxy/answer.hpp"

namespace proxy {
namespace {

constexpr std::string_view kComment = ": waiting for the backend\n\n";

iovec slice_of(std::string_view text) {
  return {const_cast<char*>(text.data()), text.size()};
}

}  // namespace

HeldHead::HeldHead(Exchange& exchange, bool streaming)
    : exchange_(exchange),
      next_(streaming ? exchange.now() + exchange.worker.config.stream.commit_after : base::kNever),
      chunked_(exchange.downstream.head().minor >= 1) {}

void HeldHead::append_stream_head(std::string& out, const http::ResponseHead* from) const {
  append_head(out, exchange_, exchange_.status);
  if (from != nullptr) {
    http::append_response_headers(out, *from, {.secrets = exchange_.secrets()});
  } else {
    out.append("Content-Type: text/event-stream\r\nCache-Control: no-cache\r\n");
  }
  // An HTTP/1.0 client knows no chunks; for it the end of the connection is the end of the body.
  if (chunked_) out.append("Transfer-Encoding: chunked\r\n");
  out.append("\r\n");
}

io::Task<bool> HeldHead::act() {
  next_ = exchange_.now() + exchange_.worker.config.stream.comment_interval;
  exchange_.streamed = true;
  co_return co_await send(kComment, nullptr, false);
}

io::Task<bool> HeldHead::send(std::string_view events, const http::ResponseHead* from, bool last) {
  std::string front;
  if (!committed_) {
    exchange_.status = 200;
    exchange_.close = exchange_.close || !chunked_;
    append_stream_head(front, from);
    committed_ = true;
  }
  if (exchange_.first_event) next_ = base::kNever;
  const bool chunk = chunked_ && !events.empty();
  if (chunk) http::append_chunk_head(front, events.size());
  std::string_view back = chunk ? http::kChunkEnd : std::string_view();
  if (chunked_ && last) back = chunk ? "\r\n0\r\n\r\n" : http::kLastChunk;
  std::array slices = {slice_of(front), slice_of(events), slice_of(back)};
  co_return co_await exchange_.write(slices, events.size());
}

}  // namespace proxy
