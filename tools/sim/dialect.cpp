#include "dialect.hpp"

#include "json/write.hpp"
#include "text.hpp"

namespace sim {

std::string usage_json(const Plan& plan) {
  const std::uint64_t completion = std::uint64_t{plan.tokens} * plan.choices;
  std::string usage;
  json::ObjectWriter object(usage);
  object.uint("prompt_tokens", plan.prompt_tokens)
      .uint("completion_tokens", completion)
      .uint("total_tokens", plan.prompt_tokens + completion);
  object.object("prompt_tokens_details").uint("cached_tokens", plan.cached_tokens).close();
  object.close();
  return usage;
}

std::string output_item_json(const Plan& plan, std::string_view status, std::string_view text) {
  std::string item;
  json::ObjectWriter message(item);
  message.string("type", "message")
      .string("id", "msg-sim")
      .string("status", plan.at_limit && status == "completed" ? "incomplete" : status)
      .string("role", "assistant");
  json::ArrayWriter content = message.array("content");
  if (!text.empty()) {
    content.object()
        .string("type", "output_text")
        .string("text", text)
        .raw("annotations", "[]")
        .close();
  }
  content.close();
  message.close();
  return item;
}

std::string response_json(const Plan& plan, std::string_view status) {
  const bool over = status != "in_progress";
  std::string out;
  json::ObjectWriter response(out);
  response.string("id", answer_id(plan, "resp"))
      .string("object", "response")
      .uint("created_at", kCreated)
      .string("status", status)
      .null("error")
      .raw("incomplete_details",
           status == "incomplete" ? R"({"reason":"max_output_tokens"})" : "null")
      .string("model", plan.model);
  json::ArrayWriter output = response.array("output");
  if (over) output.raw(output_item_json(plan, "completed", prose(0, plan.tokens)));
  output.close();
  if (over) {
    json::ObjectWriter usage = response.object("usage");
    usage.uint("input_tokens", plan.prompt_tokens)
        .uint("output_tokens", plan.tokens)
        .uint("total_tokens", std::uint64_t{plan.prompt_tokens} + plan.tokens);
    usage.object("input_tokens_details").uint("cached_tokens", plan.cached_tokens).close();
    usage.close();
  } else {
    response.null("usage");
  }
  response.close();
  return out;
}

}  // namespace sim
