#include "llm/stream_observer.hpp"

#include <optional>
#include <utility>

#include "json/cursor.hpp"
#include "json/scan.hpp"
#include "json/walk.hpp"

namespace llm {
namespace {

using json::Kind;

constexpr ErrorDefaults kReported = {.message = "The backend reported an error in its stream.",
                                     .type = {},
                                     .code = "upstream_stream_error"};
constexpr ErrorDefaults kBroken = {
    .message = "The backend sent an event that is not a JSON object.",
    .type = {},
    .code = "upstream_stream_error"};

bool is_empty(const json::Value& value) {
  switch (value.kind) {
    case Kind::string:
      return !json::is_nonempty_string(value);
    case Kind::array:
      return json::Elements(value).begin() == json::Elements::end();
    case Kind::object:
      return json::Members(value).begin() == json::Members::end();
    case Kind::absent:
    case Kind::number:
    case Kind::boolean:
    case Kind::null:
      return true;
  }
  return true;
}

/// The members of a delta that are progress. A role is not: it comes before the model has begun.
bool is_content(std::string_view name) {
  return name == "content" || name == "tool_calls" || name == "reasoning_content" ||
         name == "reasoning" || name == "reasoning_details" || name == "thinking" ||
         name == "refusal" || name == "function_call" || name == "audio" || name == "images";
}

bool read_delta(json::Cursor& at) {
  bool is_progress = false;
  for (std::string_view name; at.next_member(name);) {
    const json::Value value = at.take();
    is_progress |= is_content(name) && !is_empty(value);
  }
  return is_progress;
}

}  // namespace

void Choices::see(std::uint64_t index, bool finished) {
  if (index >= kLimit) {
    ++seen_;
    return;
  }
  const std::uint64_t at = index / 64;
  if (at > more_.size()) more_.resize(at);
  Word& word = at == 0 ? first_ : more_[at - 1];
  const std::uint64_t bit = std::uint64_t{1} << (index % 64);
  if ((word.seen & bit) == 0) ++seen_;
  if (finished && (word.finished & bit) == 0) ++finished_;
  word.seen |= bit;
  if (finished) word.finished |= bit;
}

Verdict StreamObserver::observe(std::string_view name, std::string_view data) {
  if (done_) return Verdict::pass;
  // By its beginning, as the SDKs do.
  if (data.starts_with("[DONE]")) {
    done_ = true;
    return Verdict::done;
  }
  if (name == "error") return take_error(data);
  const auto kind = json::validate(data);
  if (!kind) return take_broken();
  if (*kind != Kind::object) return take_other(data);
  const Event event = read_event(data);
  if (event.may_be_error) {
    if (auto error = find_error(data, kReported, secrets_)) {
      error_ = *std::move(error);
      return Verdict::error;
    }
  }
  if (is_typed(form_)) return read_typed_event(event.type.empty() ? name : event.type);
  started_ |= event.is_progress;
  return event.is_progress ? Verdict::content : Verdict::pass;
}

Verdict StreamObserver::observe_error_field(std::string_view value) {
  return done_ ? Verdict::pass : take_error(value);
}

/// Reads `data`, a JSON object, in one pass, and notes which choices have finished.
StreamObserver::Event StreamObserver::read_event(std::string_view data) {
  Event event;
  bool has_words = false;
  bool has_choices = false;
  json::Cursor at(data);
  if (!at.enter(Kind::object)) return event;
  for (std::string_view name; at.next_member(name);) {
    if (name == "choices" && !is_typed(form_) && at.enter(Kind::array)) {
      has_choices = true;
      read_choices(at, event);
      continue;
    }
    const json::Value value = at.take();
    if (name == "type") event.type = json::plain_string(value).value_or("");
    if (name == "error" && value.kind != Kind::null) event.may_be_error = true;
    if (name == "object" && value.raw == R"("error")") event.may_be_error = true;
    if (name == "message" || name == "detail") has_words = true;
  }
  if (event.type == "error" || (has_words && !has_choices)) event.may_be_error = true;
  return event;
}

void StreamObserver::read_choices(json::Cursor& at, Event& event) {
  while (at.next_element()) {
    if (at.enter(Kind::object)) {
      read_choice(at, event);
    } else {
      at.take();
    }
  }
}

void StreamObserver::read_choice(json::Cursor& at, Event& event) {
  std::uint64_t index = 0;
  bool is_finished = false;
  for (std::string_view name; at.next_member(name);) {
    if (name == "delta" && at.enter(Kind::object)) {
      event.is_progress |= read_delta(at);
      continue;
    }
    const json::Value value = at.take();
    if (name == "index" && value.kind != Kind::null) {
      index = json::as_uint(value).value_or(Choices::kLimit);
    } else if (name == "finish_reason") {
      // Some servers send "" with every event until the last.
      is_finished = json::is_nonempty_string(value);
    } else if (name == "text") {
      event.is_progress |= json::is_nonempty_string(value);
    } else if (name == "error" && value.kind == Kind::object) {
      event.may_be_error = true;
    }
  }
  choices_.see(index, is_finished);
}

Verdict StreamObserver::read_typed_event(std::string_view type) {
  const TypedEvent event = typed_event(form_, type);
  ended_ |= event.ends;
  started_ |= event.has_content;
  if (event.is_ping) return Verdict::ping;
  if (ended_ && form_ == StreamForm::messages) {
    done_ = true;
    return Verdict::done;
  }
  return event.has_content ? Verdict::content : Verdict::pass;
}

/// `data` is known to be an error, whatever it looks like.
Verdict StreamObserver::take_error(std::string_view data) {
  std::optional<BackendError> error;
  if (json::validate(data)) error = find_error(data, kReported, secrets_);
  error_ = error ? *std::move(error) : error_of_text(data, kReported, secrets_);
  return Verdict::error;
}

/// `data` is JSON, but no object: a list of one may still be an error.
Verdict StreamObserver::take_other(std::string_view data) {
  auto error = find_error(data, kReported, secrets_);
  if (!error) return take_broken();
  error_ = *std::move(error);
  return Verdict::error;
}

Verdict StreamObserver::take_broken() {
  error_ = error_of_text({}, kBroken, {});
  return Verdict::broken;
}

}  // namespace llm
