#include "events.hpp"

#include "dialect.hpp"
#include "json/write.hpp"
#include "text.hpp"

namespace sim {
namespace {

std::string event(std::string_view data) {
  return "data: " + std::string(data) + "\n\n";
}

/// A chunk of chat or completions around its `choices`.
std::string chunk(const Plan& plan, std::string_view choices, std::string_view usage) {
  const bool chat = plan.endpoint == Endpoint::chat;
  std::string out;
  json::ObjectWriter chunk(out);
  chunk.string("id", answer_id(plan, chat ? "chatcmpl" : "cmpl"))
      .string("object", chat ? "chat.completion.chunk" : "text_completion")
      .uint("created", kCreated)
      .string("model", plan.model)
      .raw("choices", choices);
  if (plan.include_usage) chunk.raw("usage", usage);
  chunk.close();
  return event(out);
}

/// The chunk of one choice: `delta` is JSON for chat and text for completions.
std::string choice_chunk(const Plan& plan, unsigned index, std::string_view delta,
                         std::string_view finish) {
  std::string choices;
  json::ArrayWriter array(choices);
  json::ObjectWriter choice = array.object();
  choice.uint("index", index);
  if (plan.endpoint == Endpoint::chat)
    choice.raw("delta", delta);
  else
    choice.string("text", delta);
  choice.null("logprobs");
  if (finish.empty())
    choice.null("finish_reason");
  else
    choice.string("finish_reason", finish);
  choice.close();
  array.close();
  return chunk(plan, choices, "null");
}

std::string content_delta(const Plan& plan, const std::string& text) {
  if (plan.endpoint != Endpoint::chat) return text;
  std::string delta;
  json::ObjectWriter(delta).string("content", text).close();
  return delta;
}

/// An event of the responses API: its type stands in the data too, with a running number.
class ResponseEvents {
 public:
  explicit ResponseEvents(std::size_t first_number) : number_(first_number) {}

  ResponseEvents& add(std::string_view type, std::string_view name, std::string_view json) {
    std::string data;
    json::ObjectWriter object(data);
    object.string("type", type).uint("sequence_number", number_++);
    if (name != "response" && name != "item") object.string("item_id", "msg-sim");
    if (name != "response") object.uint("output_index", 0);
    if (name != "response" && name != "item") object.uint("content_index", 0);
    object.raw(name, json).close();
    events_.push_back("event: " + std::string(type) + "\n" + event(data));
    return *this;
  }
  std::vector<std::string> take() { return std::move(events_); }

 private:
  std::size_t number_;
  std::vector<std::string> events_;
};

constexpr std::size_t kResponseOpening = 4;

std::string text_part(std::string_view text) {
  std::string part;
  json::ObjectWriter(part)
      .string("type", "output_text")
      .string("text", text)
      .raw("annotations", "[]")
      .close();
  return part;
}

std::string quoted(std::string_view text) {
  std::string out;
  json::append_string(out, text);
  return out;
}

}  // namespace

std::vector<std::string> opening_events(const Plan& plan) {
  if (plan.endpoint == Endpoint::responses) {
    const std::string response = response_json(plan, "in_progress");
    return ResponseEvents(0)
        .add("response.created", "response", response)
        .add("response.in_progress", "response", response)
        .add("response.output_item.added", "item", output_item_json(plan, "in_progress", ""))
        .add("response.content_part.added", "part", text_part(""))
        .take();
  }
  if (plan.endpoint != Endpoint::chat) return {};
  std::vector<std::string> events;
  events.reserve(plan.choices + 2);
  for (unsigned i = 0; i < plan.choices; ++i)
    events.push_back(choice_chunk(plan, i, R"({"role":"assistant","content":""})", ""));
  return events;
}

std::vector<std::string> token_events(const Plan& plan, std::size_t index) {
  if (plan.endpoint == Endpoint::responses)
    return ResponseEvents(kResponseOpening + index)
        .add("response.output_text.delta", "delta", quoted(token(0, index)))
        .take();
  std::vector<std::string> events;
  events.reserve(plan.choices + 2);
  for (unsigned i = 0; i < plan.choices; ++i)
    events.push_back(choice_chunk(plan, i, content_delta(plan, token(i, index)), ""));
  return events;
}

std::vector<std::string> closing_events(const Plan& plan) {
  if (plan.endpoint == Endpoint::responses) {
    const std::string text = prose(0, plan.tokens);
    const bool cut = plan.at_limit;
    return ResponseEvents(kResponseOpening + plan.tokens)
        .add("response.output_text.done", "text", quoted(text))
        .add("response.content_part.done", "part", text_part(text))
        .add("response.output_item.done", "item", output_item_json(plan, "completed", text))
        .add(cut ? "response.incomplete" : "response.completed", "response",
             response_json(plan, cut ? "incomplete" : "completed"))
        .take();
  }
  std::vector<std::string> events;
  events.reserve(plan.choices + 2);
  for (unsigned i = 0; i < plan.choices; ++i)
    events.push_back(
        choice_chunk(plan, i, plan.endpoint == Endpoint::chat ? "{}" : "", finish_reason(plan)));
  if (plan.include_usage) events.push_back(chunk(plan, "[]", usage_json(plan)));
  events.push_back(event("[DONE]"));
  return events;
}

}  // namespace sim
