#pragma once

#include <string>
#include <string_view>

#include "http/response_head.hpp"
#include "proxy/exchange.hpp"

namespace proxy {

/// The head of a streamed answer, held back until the backend's first event so that an early error
/// keeps its status. After `stream.commit_after` without one, it is sent all the same, followed by
/// an SSE comment now and then: proxies in between cut connections that are silent for a minute.
/// Worker-local; part of one request.
class HeldHead {
 public:
  /// `streaming`: only a streamed answer is ever committed early.
  HeldHead(Exchange& exchange, bool streaming);

  /// The head has gone out: errors can only be events from here on.
  [[nodiscard]] bool committed() const { return committed_; }
  /// When act() is due next; kNever once an event has been sent.
  [[nodiscard]] base::Instant next() const { return next_; }

  /// Sends the head, or a comment. False if the client has gone.
  io::Task<bool> act();

  /// Sends a piece of the body, whole events, before it the head if that is still held. `from`
  /// gives the head's fields if the backend has answered. `last`: nothing follows.
  io::Task<bool> send(std::string_view events, const http::ResponseHead* from, bool last);

 private:
  void append_stream_head(std::string& out, const http::ResponseHead* from) const;

  Exchange& exchange_;
  base::Instant next_;
  bool committed_ = false;
  bool chunked_;
};

}  // namespace proxy
