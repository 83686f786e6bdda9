#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace http {

/// One block of a text/event-stream: its lines and the blank line that ends it.
struct SseEvent {
  std::string_view bytes;        ///< the block as received, blank line included
  std::string_view name;         ///< value of the last `event:` line
  std::string_view data;         ///< values of the `data:` lines, joined by LF
  std::string_view error_field;  ///< value of an `error:` line, which old llama.cpp servers send
  /// Some `data:` line is not empty. WHATWG dispatches an empty message too, but every SDK then
  /// dies in its JSON parser, so here it is what its sender meant: a keep-alive, like a comment.
  bool has_data = false;
  /// Forward append_stripped(), not `bytes`: the block holds what makes SDKs lose or invent events
  /// (`id:` and `retry:` lines, a byte-order mark, `event:` or `data:` lines without data).
  bool must_strip = false;
  bool starts_with_bom = false;  ///< the one at the very start of the stream
};

/// Finds events in the bytes of a stream (WHATWG HTML, 9.2.5 and 9.2.6): lines end in LF, CRLF or
/// CR, split at any byte. Worker-local; one per stream. It looks at each byte once, however often
/// it is called: O(n) for an event of any size that arrives in any number of pieces.
///
/// The caller owns the bytes and keeps those not yet consumed contiguous, from the first byte of
/// the current event on (it may move them between calls):
///
///   pending.append(received);
///   while (auto event = scanner.next(pending)) {
///     ...forward event->bytes...
///     pending.drop_front(event->bytes.size());  // exactly so many, before the next call
///   }
///
/// What is left pending when the stream ends is half an event, to be dropped. How large it may
/// grow is the caller's limit.
///
/// An event that ends in CR is returned at once, since waiting to see whether an LF follows would
/// hold a token back. If the LF is there it belongs to the event; if it comes later it is returned
/// as a block of one byte without data. Either way the blocks add up to the bytes received.
class SseScanner {
 public:
  /// The complete event at the front of `pending`, or nullopt if more bytes are needed. Its views
  /// live until `pending` changes or next() is called again.
  std::optional<SseEvent> next(std::string_view pending);

  /// Makes it ready for another stream; keeps its memory.
  void reset();

 private:
  struct Slice {
    std::size_t begin = 0;
    std::size_t size = 0;
  };

  /// What the complete lines of the current event have said. Offsets, because `pending` may move.
  struct Fields {
    Slice name;
    Slice data;  // of the only data line; more than one are in joined_
    Slice error;
    std::size_t data_lines = 0;
    bool has_data = false;
    bool has_name = false;
    bool has_unwanted = false;  // see Field in sse.cpp
    bool has_bom = false;
  };

  bool take_line(std::string_view pending, std::size_t end);
  void take_data(std::string_view pending, Slice value);
  SseEvent finish(std::string_view pending, std::size_t size);

  Fields fields_;
  std::string joined_;
  std::size_t scanned_ = 0;     // no line end lies between line_begin_ and here
  std::size_t line_begin_ = 0;  // of the line that is not complete yet
  bool after_cr_ = false;       // the byte before scanned_ is a CR: an LF here belongs to it
  bool at_stream_start_ = true;
};

/// Appends the event without what `must_strip` is about, every other byte unchanged, and nothing
/// at all if no line would be left.
void append_stripped(std::string& out, const SseEvent& event);

}  // namespace http
