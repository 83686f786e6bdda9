#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "http/sse.hpp"
#include "llm/error_body.hpp"
#include "llm/stream_observer.hpp"

namespace {

struct Seen {
  std::vector<std::string> messages;
  std::string bytes;
  std::string stripped;
  bool operator==(const Seen&) const = default;
};

void require(bool holds) {
  if (!holds) std::abort();
}

Seen feed(std::string_view stream, std::size_t piece) {
  http::SseScanner scanner;
  Seen seen;
  std::string pending;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    pending += stream.substr(at, piece);
    while (const auto event = scanner.next(pending)) {
      if (event->has_data)
        seen.messages.push_back(std::string(event->name) + '\0' + std::string(event->data));
      seen.bytes += event->bytes;
      if (event->must_strip) {
        http::append_stripped(seen.stripped, *event);
      } else {
        seen.stripped += event->bytes;
      }
      pending.erase(0, event->bytes.size());
    }
  }
  require(seen.bytes + pending == stream);
  return seen;
}

void observe(std::string_view stream, llm::StreamForm form) {
  http::SseScanner scanner;
  llm::StreamObserver observer(form);
  while (const auto event = scanner.next(stream)) {
    auto verdict = llm::Verdict::pass;
    if (event->has_data) verdict = observer.observe(event->name, event->data);
    if (!event->error_field.empty()) verdict = observer.observe_error_field(event->error_field);
    if (verdict == llm::Verdict::error || verdict == llm::Verdict::broken) {
      // What is sent in its place is one event that raises, and [DONE].
      const std::string end = llm::error_event(observer.error());
      http::SseScanner again;
      llm::StreamObserver client(llm::StreamForm::chat);
      const auto first = again.next(end);
      require(first && client.observe(first->name, first->data) == llm::Verdict::error);
      const auto second = again.next(std::string_view(end).substr(first->bytes.size()));
      require(second && second->data == "[DONE]");
    }
    stream.remove_prefix(event->bytes.size());
  }
}

}  // namespace

/// Where the network cuts a stream changes nothing, stripping loses no message, and an observer
/// survives anything.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(bytes), size);
  const Seen whole = feed(stream, size + 1);
  for (const std::size_t piece : {1U, 3U, 17U}) {
    require(feed(stream, piece).messages == whole.messages);
  }
  require(feed(whole.stripped, whole.stripped.size() + 1).messages == whole.messages);
  observe(stream, llm::StreamForm::chat);
  observe(stream, llm::StreamForm::responses);
  observe(stream, llm::StreamForm::messages);
  return 0;
}
