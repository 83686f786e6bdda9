#include "llm/stream_observer.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "llm/error_body.hpp"

namespace llm {
namespace {

using std::string_literals::operator""s;

std::string choice(std::string_view members, std::string_view finish = "null", int index = 0) {
  return R"({"index":)" + std::to_string(index) + R"(,"delta":{)" + std::string(members) +
         R"(},"logprobs":null,"finish_reason":)" + std::string(finish) + "}";
}

std::string chunk(std::string_view choices) {
  return R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[)" +
         std::string(choices) + R"(],"usage":null,"error":null})";
}

Verdict chat_verdict(std::string_view data) {
  return StreamObserver(StreamForm::chat).observe("", data);
}

TEST(StreamObserver, TellsContentFromTheRest) {
  for (const auto* members :
       {R"("content":"Hi")", R"("role":"assistant","content":" ")", R"("content":"\n")",
        R"("reasoning":"hm")", R"("reasoning_content":"hm")", R"("refusal":"no")",
        R"("tool_calls":[{"index":0,"function":{"name":"f"}}])", R"("function_call":{"name":"f"})",
        R"("audio":{"data":"AA"})", R"("content":[{"type":"text","text":"x"}])"}) {
    EXPECT_EQ(chat_verdict(chunk(choice(members))), Verdict::content) << members;
  }
  for (const auto* members :
       {"", R"("role":"assistant")", R"("role":"assistant","content":"")", R"("content":null)",
        R"("tool_calls":[])", R"("tool_calls":[ ])", R"("function_call":{})", R"("other":"x")",
        R"("reasoning_content":null,"content":"")"}) {
    EXPECT_EQ(chat_verdict(chunk(choice(members))), Verdict::pass) << members;
  }
}

TEST(StreamObserver, PassesWhatHasNoChoices) {
  for (const auto* data :
       {"{}", R"({"choices":[],"usage":{"total_tokens":3}})", R"({"choices":null})",
        R"({"choices":[null,1]})", R"({"id":"x","usage":{}})"}) {
    StreamObserver observer(StreamForm::chat);
    EXPECT_EQ(observer.observe("", data), Verdict::pass) << data;
    EXPECT_FALSE(observer.complete()) << data;
    EXPECT_FALSE(observer.started()) << data;
  }
}

TEST(StreamObserver, ReadsCompletions) {
  StreamObserver observer(StreamForm::completions);
  EXPECT_EQ(observer.observe("", R"({"choices":[{"text":"","index":0,"finish_reason":null}]})"),
            Verdict::pass);
  EXPECT_EQ(observer.observe("", R"({"choices":[{"text":"x","index":0,"finish_reason":null}]})"),
            Verdict::content);
  EXPECT_FALSE(observer.complete());
  EXPECT_EQ(observer.observe("", R"({"choices":[{"text":"","index":0,"finish_reason":"stop"}]})"),
            Verdict::pass);
  EXPECT_TRUE(observer.complete());
}

TEST(StreamObserver, IsCompleteOnceTheOneChoiceHasFinished) {
  StreamObserver observer(StreamForm::chat);
  EXPECT_FALSE(observer.complete());
  observer.observe("", chunk(choice(R"("content":"Hi")")));
  EXPECT_TRUE(observer.started());
  EXPECT_FALSE(observer.complete());
  observer.observe("", chunk(choice("", R"("length")")));
  EXPECT_TRUE(observer.complete());
  observer.observe("", R"({"choices":[],"usage":{"total_tokens":3}})");
  EXPECT_TRUE(observer.complete());
}

TEST(StreamObserver, AnEmptyFinishReasonIsNone) {
  StreamObserver observer(StreamForm::chat);
  for (const auto* finish : {R"("")", "null", "false", "0", "{}"}) {
    observer.observe("", chunk(choice("", finish)));
    EXPECT_FALSE(observer.complete()) << finish;
  }
}

TEST(StreamObserver, EveryChoiceMustFinish) {
  StreamObserver observer(StreamForm::chat);
  observer.observe("", chunk(choice(R"("content":"a")", "null", 1) + "," + choice("", "null", 0)));
  observer.observe("", chunk(choice("", R"("stop")", 0)));
  EXPECT_FALSE(observer.complete());
  observer.observe("", chunk(choice("", R"("stop")", 0)));  // again: still only one of two
  EXPECT_FALSE(observer.complete());
  observer.observe("", chunk(choice("", R"("stop")", 1)));
  EXPECT_TRUE(observer.complete());
  observer.observe("", chunk(choice("", "null", 1)));  // what has finished stays so
  EXPECT_TRUE(observer.complete());
  observer.observe("", chunk(choice("", "null", 2)));  // one more, late
  EXPECT_FALSE(observer.complete());
}

TEST(StreamObserver, AChoiceWithoutIndexIsTheFirst) {
  StreamObserver observer(StreamForm::chat);
  observer.observe("", R"({"choices":[{"delta":{"content":"x"},"finish_reason":null}]})");
  observer.observe("", R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})");
  EXPECT_TRUE(observer.complete());
}

TEST(StreamObserver, IndicesCannotEatMemory) {
  for (const auto* index :
       {"131072", "18446744073709551615", "99999999999999999999999", "-1", "0.5", R"("0")"}) {
    StreamObserver observer(StreamForm::chat);
    observer.observe("", R"({"choices":[{"index":)"s + index + R"(,"finish_reason":"stop"}]})");
    EXPECT_FALSE(observer.complete()) << index;
    EXPECT_EQ(observer.observe("", "[DONE]"), Verdict::done);
    EXPECT_TRUE(observer.complete());
  }
}

TEST(Choices, ManyInAnyOrder) {
  Choices choices;
  constexpr std::uint64_t kCount = 100'000;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    choices.see(i * 7919 % kCount, false);
  }
  for (std::uint64_t i = 0; i < kCount; ++i) {
    EXPECT_FALSE(choices.all_finished());
    choices.see(i * 104'729 % kCount, true);
  }
  EXPECT_TRUE(choices.all_finished());
  choices.see(Choices::kLimit, true);
  EXPECT_FALSE(choices.all_finished());
}

TEST(StreamObserver, DoneEndsIt) {
  StreamObserver observer(StreamForm::chat);
  EXPECT_EQ(observer.observe("", "[DONE]"), Verdict::done);
  EXPECT_TRUE(observer.complete());
  EXPECT_EQ(observer.observe("", "junk"), Verdict::pass);
  EXPECT_EQ(observer.observe("error", "junk"), Verdict::pass);
  EXPECT_EQ(observer.observe_error_field("junk"), Verdict::pass);
}

TEST(StreamObserver, WhatIsNoObjectIsBroken) {
  for (const auto& data :
       {"x"s, "{"s, "[]"s, "1"s, "null"s, "\"x\""s, "[DONE"s, "[{}]"s, "{} {}"s, "\xff"s,
        "<html></html>"s, "{\"a\":\"\xff\"}"s, "{\"a\":\"\0\"}"s, " "s}) {
    StreamObserver observer(StreamForm::chat);
    EXPECT_EQ(observer.observe("", data), Verdict::broken) << data;
    EXPECT_FALSE(observer.complete());
    EXPECT_EQ(observer.error().object,
              R"({"message":"The backend sent an event that is not a JSON object.",)"
              R"("type":"server_error","param":null,"code":"upstream_stream_error"})");
  }
}

TEST(StreamObserver, ReadsResponses) {
  StreamObserver observer(StreamForm::responses);
  EXPECT_EQ(observer.observe("response.created",
                             R"({"type":"response.created","response":{"error":null}})"),
            Verdict::pass);
  EXPECT_EQ(observer.observe("", R"({"type":"response.output_text.delta","delta":"x"})"),
            Verdict::content);
  EXPECT_EQ(observer.observe("response.reasoning_text.delta", R"({"delta":"x"})"),
            Verdict::content);
  EXPECT_EQ(observer.observe("", R"({"type":"response.output_text.done","text":"x"})"),
            Verdict::pass);
  EXPECT_FALSE(observer.complete());
  EXPECT_EQ(observer.observe("", R"({"type":"response.completed","response":{}})"), Verdict::pass);
  EXPECT_TRUE(observer.complete());
}

TEST(StreamObserver, AFailedResponseIsAnEndAndPasses) {
  for (const auto* type : {"response.failed", "response.incomplete"}) {
    StreamObserver observer(StreamForm::responses);
    const std::string data =
        R"({"type":")"s + type + R"(","response":{"error":{"code":"x","message":"y"}}})";
    EXPECT_EQ(observer.observe(type, data), Verdict::pass);
    EXPECT_TRUE(observer.complete());
  }
  StreamObserver chat(StreamForm::chat);
  chat.observe("", R"({"type":"response.completed"})");
  EXPECT_FALSE(chat.complete());
}

struct ErrorCase {
  std::string name;
  std::string data;
  std::string object;
  int status;
};

TEST(StreamObserver, KnowsErrorsInEveryForm) {
  const std::string tail = R"(,"type":"server_error","param":null,"code":"upstream_stream_error"})";
  const ErrorCase cases[] = {
      {"", R"({"error":{"message":"no","type":"t","param":null,"code":"c"}})",
       R"({"message":"no","type":"t","param":null,"code":"c"})", 0},
      {"", R"({"error":{"message":"no","type":"BadRequestError","code":400}})",
       R"({"message":"no","type":"BadRequestError","code":"400","param":null})", 400},
      {"", R"({"error":"no"})", R"({"message":"no")" + tail, 0},
      {"", R"({"error":{}})", R"({"message":"The backend reported an error in its stream.")" + tail,
       0},
      {"", R"({"object":"error","message":"no","type":"NotFoundError","param":null,"code":404})",
       R"({"message":"no","type":"NotFoundError","param":null,"code":"404"})", 404},
      {"", R"({"detail":"no"})", R"({"message":"no")" + tail, 0},
      {"", R"({"message":"no"})", R"({"message":"no")" + tail, 0},
      {"error", R"({"type":"error","error":{"type":"overloaded_error","message":"no"}})",
       R"({"type":"overloaded_error","message":"no","param":null,"code":"upstream_stream_error"})",
       529},
      {"", R"({"type":"error","error":{"type":"overloaded_error","message":"no"}})",
       R"({"type":"overloaded_error","message":"no","param":null,"code":"upstream_stream_error"})",
       529},
      {"", R"({"type":"error","code":"ERR","message":"no","param":null,"sequence_number":1})",
       R"({"message":"no","type":"server_error","param":null,"code":"ERR"})", 0},
      {"error", R"({"code":"ERR","message":"no"})",
       R"({"message":"no","type":"server_error","param":null,"code":"ERR"})", 0},
      {"error", "plain words", R"({"message":"plain words")" + tail, 0},
      {"error", "\"words\"", R"({"message":"\"words\"")" + tail, 0},
      {"error", R"({"choices":[]})", R"({"message":"{\"choices\":[]}")" + tail, 0},
      {"", R"({"choices":[],"error":{"message":"no","code":502}})",
       R"({"message":"no","code":"502","type":"server_error","param":null})", 502},
      // What doesn't say its type has that of its number.
      {"", R"({"error":{"message":"no","code":400}})",
       R"({"message":"no","code":"400","type":"invalid_request_error","param":null})", 400},
      {"", R"({"error":{"code":429}})",
       R"({"message":"The backend reported an error in its stream.","type":"rate_limit_error",)"
       R"("param":null,"code":"429"})",
       429},
      {"", R"([{"error":{"message":"no","code":503}}])",
       R"({"message":"no","code":"503","type":"server_error","param":null})", 503},
  };
  for (const ErrorCase& c : cases) {
    for (const StreamForm form :
         {StreamForm::chat, StreamForm::completions, StreamForm::responses}) {
      StreamObserver observer(form);
      EXPECT_EQ(observer.observe(c.name, c.data), Verdict::error) << c.data;
      EXPECT_EQ(observer.error().object, c.object) << c.data;
      EXPECT_EQ(observer.error().status, c.status) << c.data;
      EXPECT_FALSE(observer.complete());
    }
  }
}

TEST(StreamObserver, TheErrorFieldOfOldLlamaCpp) {
  StreamObserver observer(StreamForm::chat);
  EXPECT_EQ(observer.observe_error_field(R"({"code":500,"message":"no","type":"server_error"})"),
            Verdict::error);
  EXPECT_EQ(error_event(observer.error()),
            "data: {\"error\":{\"message\":\"no\",\"type\":\"server_error\",\"param\":null,"
            "\"code\":\"500\"}}\n\ndata: [DONE]\n\n");
  EXPECT_EQ(observer.error().status, 500);
  const base::Error error = as_error(observer.error());
  EXPECT_EQ(error.code, base::ErrorCode::upstream_stream_error);
  EXPECT_EQ(error.source, base::ErrorSource::upstream);
  EXPECT_EQ(error.message, "no");
}

TEST(StreamObserver, ErrorsCarryNoSecrets) {
  const std::array<std::string_view, 1> secrets = {"sk-CANARY"};
  for (const auto* data : {R"({"error":{"message":"key sk-CANARY","code":"c"}})",
                           R"({"error":{"message":"key sk\u002dCANARY","code":"c"}})",
                           R"({"detail":"key sk-CANARY"})", R"({"error":"key sk-CANARY"})"}) {
    StreamObserver observer(StreamForm::chat, secrets);
    ASSERT_EQ(observer.observe("", data), Verdict::error);
    EXPECT_EQ(observer.error().object.find("CANARY"), std::string::npos) << data;
    EXPECT_EQ(observer.error().message, "key ***");
  }
}

TEST(StreamObserver, ReplaysTheFuzzCorpus) {
  int events = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(LLM_ROUTER_CORPORA) / "sse")) {
    std::ifstream in(entry.path(), std::ios::binary);
    StreamObserver observer(StreamForm::chat);
    for (std::string line; std::getline(in, line); ++events) {
      const std::string_view text = line;
      if (text.starts_with("data: ")) observer.observe("", text.substr(6));
      if (text.starts_with("error: ")) observer.observe_error_field(text.substr(7));
    }
  }
  EXPECT_GT(events, 10);
}

}  // namespace
}  // namespace llm
