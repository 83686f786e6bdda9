#include "answers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "events.hpp"
#include "json/scan.hpp"
#include "json/walk.hpp"
#include "text.hpp"

namespace sim {
namespace {

using testing::HasSubstr;

/// The JSON of an event, which must be well formed; `[DONE]` gives an absent value.
json::Value data_of(const std::string& event) {
  EXPECT_TRUE(event.ends_with("\n\n")) << event;
  const auto at = event.find("data: ");
  const std::string_view data = std::string_view(event).substr(at + 6, event.size() - at - 8);
  if (data == "[DONE]") return {};
  EXPECT_TRUE(json::validate(data)) << data;
  return json::root(data);
}

std::vector<std::string> all_events(const Plan& plan) {
  std::vector<std::string> events = opening_events(plan);
  for (unsigned i = 0; i < plan.tokens; ++i)
    for (std::string& event : token_events(plan, i))
      events.push_back(std::move(event));
  for (std::string& event : closing_events(plan))
    events.push_back(std::move(event));
  return events;
}

TEST(Events, EachChoiceOfAChatSaysItsTextAndFinishes) {
  const Plan plan{.endpoint = Endpoint::chat,
                  .id = 1,
                  .model = "m",
                  .stream = true,
                  .include_usage = true,
                  .choices = 2,
                  .tokens = 4,
                  .prompt_tokens = 10};
  const std::vector<std::string> events = all_events(plan);
  std::array<std::string, 2> texts;
  int finished = 0;
  std::uint64_t total = 0;
  for (const std::string& event : events) {
    const json::Value chunk = data_of(event);
    if (const auto n = json::as_uint(json::find(json::find(chunk, "usage"), "total_tokens")))
      total = *n;
    for (const json::Value& choice : json::Elements(json::find(chunk, "choices"))) {
      const json::Value content = json::find(json::find(choice, "delta"), "content");
      texts.at(*json::as_uint(json::find(choice, "index"))) +=
          json::as_string(content).value_or("");
      finished += json::plain_string(json::find(choice, "finish_reason")) == "stop" ? 1 : 0;
    }
  }
  EXPECT_EQ(texts[0], prose(0, 4));
  EXPECT_EQ(texts[1], prose(1, 4));
  EXPECT_EQ(finished, 2);
  EXPECT_EQ(total, 18U);
  EXPECT_EQ(events.back(), "data: [DONE]\n\n");
}

TEST(Events, CompletionsStreamPlainText) {
  const Plan plan{.endpoint = Endpoint::completions, .tokens = 3, .at_limit = true};
  std::string text;
  std::string finish;
  for (const std::string& event : all_events(plan)) {
    for (const json::Value& choice : json::Elements(json::find(data_of(event), "choices"))) {
      text += json::as_string(json::find(choice, "text")).value_or("");
      finish = json::as_string(json::find(choice, "finish_reason")).value_or("");
    }
  }
  EXPECT_EQ(text, prose(0, 3));
  EXPECT_EQ(finish, "length");
}

TEST(Events, AResponseNumbersItsEventsAndNamesThemTwice) {
  Plan plan{.endpoint = Endpoint::responses, .tokens = 3};
  const std::vector<std::string> events = all_events(plan);
  for (std::size_t i = 0; i < events.size(); ++i) {
    const json::Value data = data_of(events[i]);
    EXPECT_EQ(json::as_uint(json::find(data, "sequence_number")), i);
    const auto type = json::as_string(json::find(data, "type"));
    EXPECT_TRUE(events[i].starts_with("event: " + *type + "\n")) << events[i];
  }
  EXPECT_TRUE(events.back().starts_with("event: response.completed\n"));
  plan.at_limit = true;
  EXPECT_TRUE(closing_events(plan).back().starts_with("event: response.incomplete\n"));
}

std::string body(Endpoint endpoint, std::string request) {
  const Plan plan{.endpoint = endpoint,
                  .id = 1,
                  .model = "m",
                  .body = std::move(request),
                  .tokens = 2,
                  .prompt_tokens = 3};
  const std::vector<std::string> models = {"a", "b/c"};
  Answer answer = plain_answer(plan, models);
  EXPECT_TRUE(json::validate(answer.body)) << answer.body;
  EXPECT_EQ(answer.status, 200);
  return answer.body;
}

TEST(Answers, EveryEndpointAnswersInItsForm) {
  EXPECT_THAT(body(Endpoint::models, ""), HasSubstr(R"("id":"b/c")"));
  EXPECT_THAT(body(Endpoint::chat, "{}"), HasSubstr(R"("content":"The router")"));
  EXPECT_THAT(body(Endpoint::completions, "{}"), HasSubstr(R"("text":"The router")"));
  EXPECT_THAT(body(Endpoint::responses, "{}"), HasSubstr(R"("status":"completed")"));
  EXPECT_THAT(body(Endpoint::rerank, R"({"documents":["a","b"]})"),
              HasSubstr(R"({"index":1,"relevance_score":0.5)"));
  EXPECT_THAT(body(Endpoint::score, R"({"text_2":["a","b"]})"), HasSubstr(R"("score":1.0)"));
  EXPECT_THAT(body(Endpoint::moderations, R"({"input":"x"})"), HasSubstr(R"("flagged":false)"));
  EXPECT_THAT(body(Endpoint::tokenize, R"({"prompt":"Hi"})"), HasSubstr(R"("tokens":[72,105])"));
  EXPECT_EQ(body(Endpoint::detokenize, R"({"tokens":[72,105]})"), R"({"prompt":"Hi"})");
}

TEST(Answers, EmbeddingsComeAsNumbersOrAsBase64) {
  // 0, 13/64 and 26/64 as little-endian floats.
  EXPECT_THAT(body(Endpoint::embeddings, R"({"input":"x","dimensions":3})"),
              HasSubstr(R"("embedding":[0.000000,0.203125,0.406250])"));
  EXPECT_THAT(
      body(Endpoint::embeddings, R"({"input":"x","dimensions":3,"encoding_format":"base64"})"),
      HasSubstr(R"("embedding":"AAAAAAAAUD4AANA+")"));
  EXPECT_THAT(body(Endpoint::embeddings, R"({"input":["x","y"]})"), HasSubstr(R"("index":1)"));
}

TEST(Answers, ErrorsHaveTheNestedForm) {
  const Answer answer = error_answer(429, "Full.");
  EXPECT_EQ(answer.body,
            R"({"error":{"message":"Full.","type":"RateLimitError","param":null,"code":429}})");
  EXPECT_TRUE(answer.retry_later);
  EXPECT_FALSE(error_answer(404, "No.", "model").retry_later);
}

}  // namespace
}  // namespace sim
