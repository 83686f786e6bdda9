#include "llm/call.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace llm {
namespace {

using base::ErrorCode;
using std::string_literals::operator""s;

const Operation& chat() {
  return *find_operation("/v1/chat/completions");
}
const Operation& embeddings() {
  return *find_operation("/v1/embeddings");
}

struct Refused {
  std::string body;
  ErrorCode code;
  std::string_view param = {};
};

void expect_refused(const Refused& c) {
  SCOPED_TRACE(testing::PrintToString(c.body));
  const auto call = read_call(chat(), c.body);
  ASSERT_FALSE(call);
  EXPECT_EQ(call.error().code, c.code);
  EXPECT_EQ(call.error().source, base::ErrorSource::downstream);
  EXPECT_EQ(call.error().param, c.param);
  EXPECT_FALSE(call.error().message.empty());
}

std::string with_model(const std::string& json_string) {
  return R"({"model":)" + json_string + "}";
}

TEST(ReadCall, ReadsModelAndStream) {
  const std::string body = R"({"messages":[{"model":"inner"}],"stream":true,"model":"gpt-4"})";
  const auto call = read_call(chat(), body);
  ASSERT_TRUE(call) << call.error().message;
  EXPECT_EQ(call->model(), "gpt-4");
  EXPECT_TRUE(call->stream);
  EXPECT_EQ(call->model_in_body.data(), body.data() + body.find("gpt-4"));
}

TEST(ReadCall, StreamIsOffUnlessTrue) {
  for (const auto* body :
       {R"({"model":"m"})", R"({"model":"m","stream":false})", R"({"model":"m","stream":null})"}) {
    const auto call = read_call(chat(), body);
    ASSERT_TRUE(call) << body;
    EXPECT_FALSE(call->stream) << body;
  }
}

TEST(ReadCall, SpeechIsStreamedByItsFormat) {
  const Operation& speech = *find_operation("/v1/audio/speech");
  const auto streams = [&](std::string_view members) {
    const auto call = read_call(speech, R"({"model":"m")" + std::string(members) + "}");
    EXPECT_TRUE(call) << members;
    return call && call->stream;
  };
  EXPECT_TRUE(streams(R"(,"stream_format":"sse")"));
  EXPECT_TRUE(streams(R"(,"stream_format":"\u0073se")"));
  for (const auto* members : {"", R"(,"stream_format":"audio")", R"(,"stream_format":null)",
                              R"(,"stream_format":1)", R"(,"stream":true)", R"(,"stream":"sse")"}) {
    EXPECT_FALSE(streams(members)) << members;
  }
  EXPECT_FALSE(read_call(speech, R"({"model":"m","Stream_Format":"sse"})"));
  EXPECT_FALSE(read_call(speech, R"({"model":"m","stream_format":"sse","stream_format":"audio"})"));
}

TEST(ReadCall, AResponseMayContinueAnother) {
  const Operation& responses = *find_operation("/v1/responses");
  const auto continued = [&](std::string_view members) {
    const auto call = read_call(responses, R"({"model":"m")" + std::string(members) + "}");
    EXPECT_TRUE(call) << members;
    return call ? std::string(call->continued_by) + '=' + call->continued : "refused";
  };
  EXPECT_EQ(continued(R"(,"previous_response_id":"r")"), "previous_response_id=r");
  EXPECT_EQ(continued(R"(,"conversation":"c")"), "conversation=c");
  EXPECT_EQ(continued(R"(,"conversation":{"id":"c"})"), "conversation=c");
  EXPECT_EQ(continued(R"(,"conversation":"c","previous_response_id":"r")"),
            "previous_response_id=r");
  for (const auto* members :
       {"", R"(,"previous_response_id":null,"conversation":null)", R"(,"conversation":{"x":"c"})",
        R"(,"previous_response_id":1)", R"(,"previous_response_id":"")"}) {
    EXPECT_EQ(continued(members), "conversation=") << members;
  }
  EXPECT_FALSE(read_call(responses, R"({"model":"m","Conversation":"c"})"));
  EXPECT_EQ(read_call(chat(), R"({"model":"m","previous_response_id":"r"})")->continued, "");
}

TEST(ReadCall, StreamMeansNothingWhereNothingStreams) {
  for (const auto* body : {R"({"model":"m","stream":true})", R"({"model":"m","stream":7})"}) {
    const auto call = read_call(embeddings(), body);
    ASSERT_TRUE(call) << body;
    EXPECT_FALSE(call->stream) << body;
  }
}

TEST(ReadCall, StreamOfAnotherTypeIsRefused) {
  for (const auto* value : {"1", "0", "\"true\"", "[]", "{}"}) {
    expect_refused({R"({"model":"m","stream":)"s + value + "}", ErrorCode::bad_request, "stream"});
  }
}

TEST(ReadCall, AnEscapedValueIsTheSameModel) {
  auto call = read_call(chat(), R"({"model":"gpt\u002d4"})");
  ASSERT_TRUE(call);
  const Call moved = *std::move(call);  // must not leave a view into the old place
  EXPECT_EQ(moved.model(), "gpt-4");
}

TEST(ReadCall, ModelsAreComparedByteForByte) {
  for (const auto* model : {"gpt-4 ", " gpt-4", "GPT-4", "gpt\uff0d4", "../x", "a/b:c@d", "模型"}) {
    const std::string body = with_model('"' + std::string(model) + '"');
    const auto call = read_call(chat(), body);
    ASSERT_TRUE(call) << model;
    EXPECT_EQ(call->model(), model);
  }
}

TEST(ReadCall, MissingModel) {
  expect_refused({"{}", ErrorCode::missing_model, "model"});
  expect_refused({R"({"x":{"model":"m"},"stream":true})", ErrorCode::missing_model, "model"});
}

TEST(ReadCall, InvalidModel) {
  for (const auto* value : {"null", "1", "true", "[]", R"(["m"])", "{}", R"("")"}) {
    expect_refused({with_model(value), ErrorCode::invalid_model, "model"});
  }
  for (const auto* escaped : {R"("a\r\nX: y")", R"("\u0000")", R"("\t")", R"("\u007f")",
                              R"("\u0080")", R"("a\u009fb")", "\"a\x7f\"", "\"a\xC2\x85\""}) {
    expect_refused({with_model(escaped), ErrorCode::invalid_model, "model"});
  }
}

TEST(ReadCall, TheModelsLengthIsLimited) {
  EXPECT_TRUE(read_call(chat(), with_model('"' + std::string(256, 'm') + '"')));
  const std::string too_long = with_model('"' + std::string(257, 'm') + '"');
  expect_refused({too_long, ErrorCode::invalid_model, "model"});
  EXPECT_EQ(read_call(chat(), too_long).error().message,
            "`model` must not be longer than 256 bytes.");
  // 256 bytes once its escapes are resolved.
  std::string escapes;
  for (int i = 0; i < 256; ++i) {
    escapes += R"(\u006d)";
  }
  const std::string body = with_model('"' + escapes + '"');
  const auto call = read_call(chat(), body);
  ASSERT_TRUE(call);
  EXPECT_EQ(call->model(), std::string(256, 'm'));
}

TEST(ReadCall, WhatParsersReadDifferentlyIsRefused) {
  for (const auto* body :
       {R"({"model":"ok","model":"secret"})", R"({"model":"ok","MODEL":"secret"})",
        R"({"model":"ok","m\u006fdel":"secret"})", R"({"model":"ok","Stream":true})",
        R"({"model":"ok","x":1,"x":2})"}) {
    const auto call = read_call(chat(), body);
    ASSERT_FALSE(call) << body;
    EXPECT_EQ(call.error().code, ErrorCode::duplicate_key) << body;
  }
}

TEST(ReadCall, TheWholeBodyMustBeAJsonObject) {
  for (const auto& body : {""s, "[]"s, "\"m\""s, "null"s, R"({"model":"m")"s, R"({"model":"m"}x)"s,
                           R"({"model":"m","a":[1,2,,]})"s, "\xEF\xBB\xBF{\"model\":\"m\"}"s,
                           R"({"model":"m","x":NaN})"s, "{\"model\":\"m\0\"}"s}) {
    const auto call = read_call(chat(), body);
    ASSERT_FALSE(call) << body;
    EXPECT_EQ(call.error().code, ErrorCode::invalid_json) << body;
  }
}

TEST(ReadCall, ALoneSurrogateInTheModelIsRefused) {
  const auto call = read_call(chat(), R"({"model":"a\ud800"})");
  ASSERT_FALSE(call);
  EXPECT_EQ(call.error().code, ErrorCode::invalid_json);
}

}  // namespace
}  // namespace llm
