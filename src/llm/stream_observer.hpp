#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/cursor.hpp"
#include "llm/backend_error.hpp"
#include "llm/operations.hpp"
#include "llm/typed_events.hpp"

namespace llm {

/// What one event of a stream is.
enum class Verdict : std::uint8_t {
  pass,     ///< forwarded, but no progress: a role, usage, a lifecycle event
  ping,     ///< forwarded, but no more than a comment
  content,  ///< carries text, a tool call, reasoning, a refusal or audio
  done,     ///< `[DONE]` or `message_stop`: what follows isn't for the client
  error,    ///< the backend's own error, in any form: send error_event(observer.error()), and end
  broken,   ///< neither a JSON object nor `[DONE]`: the same
};

/// Which choices of an answer have been seen, and whether each has finished. Memory is bounded: a
/// choice beyond kLimit is never finished, so that only `[DONE]` ends such a stream.
class Choices {
 public:
  static constexpr std::uint64_t kLimit = 1U << 17U;

  void see(std::uint64_t index, bool finished);
  bool all_finished() const { return seen_ > 0 && seen_ == finished_; }

 private:
  struct Word {
    std::uint64_t seen = 0;
    std::uint64_t finished = 0;
  };

  Word first_;              // choices 0 to 63, which is all in practice
  std::vector<Word> more_;  // the others
  std::uint64_t seen_ = 0;
  std::uint64_t finished_ = 0;
};

/// Reads a stream on its way to the client: what each event is, and whether the stream has said
/// that it is whole. Pure; scans without a DOM and allocates nothing for an ordinary event.
/// Worker-local, one per streamed request. After Verdict::done nothing means anything: SDKs don't
/// read on.
class StreamObserver {
 public:
  /// `secrets` outlives the observer.
  explicit StreamObserver(StreamForm form, Secrets secrets = {}) : form_(form), secrets_(secrets) {}

  /// An event that has data (http::SseEvent::name and ::data).
  Verdict observe(std::string_view name, std::string_view data);

  /// An `error:` line of an event (http::SseEvent::error_field): always Verdict::error.
  Verdict observe_error_field(std::string_view value);

  /// The end signal has passed, so that a clean end is a good end: `[DONE]`; a finish_reason in
  /// every choice seen; in a stream of typed events the last one (typed_events.hpp).
  bool complete() const { return is_typed(form_) ? ended_ : done_ || choices_.all_finished(); }

  /// Some event carried content.
  bool started() const { return started_; }

  /// After Verdict::error or ::broken.
  const BackendError& error() const { return error_; }

 private:
  /// What an event says at its top level.
  struct Event {
    std::string_view type;
    bool is_progress = false;  // some choice carries content
    bool may_be_error = false;
  };

  Event read_event(std::string_view data);
  void read_choices(json::Cursor& at, Event& event);
  void read_choice(json::Cursor& at, Event& event);
  Verdict read_typed_event(std::string_view type);
  Verdict take_error(std::string_view data);
  Verdict take_other(std::string_view data);
  Verdict take_broken();

  StreamForm form_;
  Secrets secrets_;
  Choices choices_;
  bool done_ = false;   // [DONE] or message_stop has passed
  bool ended_ = false;  // the last of the typed events has passed
  bool started_ = false;
  BackendError error_;
};

}  // namespace llm
