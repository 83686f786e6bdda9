#include "llm/typed_events.hpp"

#include <gtest/gtest.h>

#include "llm/error_body.hpp"
#include "llm/stream_observer.hpp"

// Streams whose events name their type: by name, and as the observer sees them.

namespace llm {
namespace {

TEST(TypedEvents, AreOfEveryStreamButTheFirstTwoKinds) {
  EXPECT_FALSE(is_typed(StreamForm::none));
  EXPECT_FALSE(is_typed(StreamForm::chat));
  EXPECT_FALSE(is_typed(StreamForm::completions));
  EXPECT_TRUE(is_typed(StreamForm::responses));
  EXPECT_TRUE(is_typed(StreamForm::messages));
  EXPECT_TRUE(is_typed(StreamForm::images));
  EXPECT_TRUE(is_typed(StreamForm::speech));
}

TEST(TypedEvents, TheEndIsOfItsOwnForm) {
  EXPECT_TRUE(typed_event(StreamForm::messages, "message_stop").ends);
  EXPECT_FALSE(typed_event(StreamForm::messages, "message_delta").ends);
  EXPECT_FALSE(typed_event(StreamForm::messages, "response.completed").ends);
  EXPECT_FALSE(typed_event(StreamForm::responses, "message_stop").ends);
  EXPECT_FALSE(typed_event(StreamForm::chat, "message_stop").ends);
}

Verdict say(StreamObserver& observer, std::string_view type) {
  return observer.observe(type, R"({"type":")" + std::string(type) + R"("})");
}

TEST(Images, EndWithAWholeOne) {
  for (const std::string kind : {"image_generation", "image_edit"}) {
    StreamObserver observer(StreamForm::images);
    EXPECT_EQ(say(observer, kind + ".partial_image"), Verdict::content);
    EXPECT_FALSE(observer.complete());
    EXPECT_EQ(say(observer, kind + ".completed"), Verdict::content);
    EXPECT_TRUE(observer.complete());
    EXPECT_EQ(say(observer, kind + ".completed"), Verdict::content);  // of a second one
  }
}

TEST(Speech, EndsWhenItSaysSo) {
  StreamObserver observer(StreamForm::speech);
  EXPECT_EQ(say(observer, "speech.audio.delta"), Verdict::content);
  EXPECT_FALSE(observer.complete());
  EXPECT_EQ(say(observer, "speech.audio.done"), Verdict::pass);
  EXPECT_TRUE(observer.complete());
  EXPECT_EQ(observer.observe("", "[DONE]"), Verdict::done);
}

TEST(Messages, AreReadToTheirEnd) {
  StreamObserver observer(StreamForm::messages);
  EXPECT_EQ(observer.observe("message_start",
                             R"({"type":"message_start","message":{"content":[],"usage":{}}})"),
            Verdict::pass);
  EXPECT_EQ(say(observer, "ping"), Verdict::ping);
  EXPECT_EQ(say(observer, "content_block_start"), Verdict::pass);
  EXPECT_FALSE(observer.started());
  EXPECT_EQ(
      observer.observe("content_block_delta", R"({"type":"content_block_delta","index":0,)"
                                              R"("delta":{"type":"text_delta","text":"error"}})"),
      Verdict::content);
  EXPECT_TRUE(observer.started());
  EXPECT_EQ(say(observer, "content_block_stop"), Verdict::pass);
  EXPECT_EQ(observer.observe("message_delta",
                             R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})"),
            Verdict::pass);
  EXPECT_EQ(say(observer, "ping"), Verdict::ping);
  EXPECT_FALSE(observer.complete());
  EXPECT_EQ(say(observer, "message_stop"), Verdict::done);
  EXPECT_TRUE(observer.complete());
  EXPECT_EQ(observer.observe("", "[DONE]"), Verdict::pass);
}

TEST(Messages, AreToldByNameOrType) {
  StreamObserver by_name(StreamForm::messages);
  EXPECT_EQ(by_name.observe("ping", "{}"), Verdict::ping);
  EXPECT_EQ(by_name.observe("message_stop", "{}"), Verdict::done);
  StreamObserver by_type(StreamForm::messages);
  EXPECT_EQ(by_type.observe("", R"({"type":"ping"})"), Verdict::ping);
  EXPECT_EQ(by_type.observe("", R"({"type":"message_stop"})"), Verdict::done);
}

TEST(Messages, DoneIsNotTheirEnd) {
  StreamObserver observer(StreamForm::messages);
  EXPECT_EQ(observer.observe("", "[DONE]"), Verdict::done);
  EXPECT_FALSE(observer.complete());
}

TEST(Messages, ErrorsOfEveryForm) {
  struct Case {
    std::string_view name;
    std::string_view data;
    std::string_view type;
  };
  constexpr Case kCases[] = {
      {"error", R"({"type":"error","error":{"type":"overloaded_error","message":"no"}})",
       "overloaded_error"},
      {"", R"({"type":"error","error":{"type":"overloaded_error","message":"no"}})",
       "overloaded_error"},
      {"", R"({"error":{"message":"no","type":"BadRequestError","param":null,"code":400}})",
       "invalid_request_error"},
      {"error", R"({"message":"no"})", "api_error"},
      {"error", "no", "api_error"},
  };
  for (const Case& c : kCases) {
    StreamObserver observer(StreamForm::messages);
    EXPECT_EQ(observer.observe(c.name, c.data), Verdict::error) << c.data;
    EXPECT_EQ(error_event(observer.error(), Dialect::anthropic),
              "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"" +
                  std::string(c.type) + "\",\"message\":\"no\"}}\n\n")
        << c.data;
    EXPECT_FALSE(observer.complete());
  }
}

TEST(Messages, WhatIsNoObjectIsBroken) {
  StreamObserver observer(StreamForm::messages);
  EXPECT_EQ(observer.observe("content_block_delta", "{"), Verdict::broken);
}

}  // namespace
}  // namespace llm
