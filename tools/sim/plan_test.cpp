#include "plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "text.hpp"

namespace sim {
namespace {

using std::chrono::nanoseconds;

Request chat(std::string body) {
  return {.method = "POST", .path = "/v1/chat/completions", .body = std::move(body)};
}

std::expected<Plan, Refusal> planned(const Request& request, const Options& options = {}) {
  base::Random random(options.seed);
  return make_plan(request, options, random, 1);
}

TEST(Plan, TakesWhatTheRequestSays) {
  const auto plan = planned(chat(R"({"model":"sim-model","stream":true,"n":3,"max_tokens":5,)"
                                 R"("stream_options":{"include_usage":true}})"));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->model, "sim-model");
  EXPECT_TRUE(plan->stream);
  EXPECT_TRUE(plan->include_usage);
  EXPECT_EQ(plan->choices, 3U);
  EXPECT_EQ(plan->tokens, 5U);
  EXPECT_TRUE(plan->at_limit);
}

TEST(Plan, TakesDefaultsFromTheOptions) {
  const Options options{.ttft = milliseconds(300), .tokens_per_second = 50, .tokens = 9};
  const auto plan = planned(chat(R"({"model":"sim-model","max_tokens":1000})"), options);
  ASSERT_TRUE(plan);
  EXPECT_FALSE(plan->stream);
  EXPECT_EQ(plan->tokens, 9U);
  EXPECT_FALSE(plan->at_limit);
  EXPECT_EQ(plan->ttft, milliseconds(300));
  EXPECT_EQ(plan->interval, milliseconds(20));
}

TEST(Plan, FieldsOfTheRequestOverrideTheOptions) {
  Request request = chat(R"({"model":"sim-model"})");
  request.tokens = "7";
  request.ttft = "20";
  request.rate = "100";
  request.fault = "cut=12";
  const auto plan = planned(request, {.fault = {Fault::Kind::hang, 0}});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->tokens, 7U);
  EXPECT_EQ(plan->ttft, milliseconds(20));
  EXPECT_EQ(plan->interval, milliseconds(10));
  EXPECT_EQ(plan->fault.kind, Fault::Kind::cut);
  EXPECT_EQ(plan->fault.value, 12U);
}

TEST(Plan, RefusesWhatAnEngineRefuses) {
  const auto status = [](const Request& request, const Options& options = {}) {
    const auto plan = planned(request, options);
    return plan ? 200 : plan.error().status;
  };
  const std::string good = R"({"model":"sim-model"})";
  EXPECT_EQ(status(chat(good)), 200);
  EXPECT_EQ(status(chat("{")), 400);
  EXPECT_EQ(status(chat("[]")), 400);
  EXPECT_EQ(status(chat(R"({"model":7})")), 400);
  EXPECT_EQ(status(chat(R"({"model":"another"})")), 404);
  EXPECT_EQ(status({.method = "POST", .path = "/v1/none", .body = good}), 404);
  EXPECT_EQ(status({.method = "GET", .path = "/v1/chat/completions"}), 405);
  EXPECT_EQ(status({.method = "POST", .path = "/v1/models"}), 405);
  EXPECT_EQ(status({.method = "POST", .path = "/v1/completions", .body = good, .tokens = "x"}),
            400);
  EXPECT_EQ(status({.method = "POST", .path = "/v1/completions", .body = good, .fault = "x"}), 400);

  EXPECT_EQ(status(chat(good), {.api_key = "secret"}), 401);
  Request with_key = chat(good);
  with_key.authorization = "Bearer secret";
  EXPECT_EQ(status(with_key, {.api_key = "secret"}), 200);
  EXPECT_EQ(status({.method = "GET", .path = "/health"}, {.api_key = "secret"}), 200);
}

TEST(Plan, SpreadsStayInTheirBoundsAndVary) {
  base::Random random(3);
  double least = 1e9;
  double most = 0;
  for (int i = 0; i < 1000; ++i) {
    const double value = spread_out(100, 0.2, random);
    least = std::min(least, value);
    most = std::max(most, value);
  }
  EXPECT_GE(least, 80);
  EXPECT_LT(least, 82);
  EXPECT_LE(most, 120);
  EXPECT_GT(most, 118);
}

TEST(Plan, TheSameSeedGivesTheSamePlans) {
  const Options options{.ttft_spread = 0.5, .tokens_spread = 0.5, .seed = 42};
  base::Random first(options.seed);
  base::Random second(options.seed);
  Request with_fields = chat(R"({"model":"sim-model"})");
  with_fields.tokens = "3";
  with_fields.ttft = "1";
  for (std::uint64_t id = 0; id < 10; ++id) {
    // What one request asks for must not move the numbers that the next one draws.
    const auto a = make_plan(chat(R"({"model":"sim-model"})"), options, first, id);
    const auto b =
        make_plan(id == 4 ? with_fields : chat(R"({"model":"sim-model"})"), options, second, id);
    ASSERT_TRUE(a && b);
    EXPECT_EQ(a->seed, b->seed);
    if (id == 4) continue;
    EXPECT_EQ(a->ttft, b->ttft);
    EXPECT_EQ(a->tokens, b->tokens);
  }
}

TEST(Plan, FaultsStrikeAtTheirRateAndWhereTheyAreMeantTo) {
  base::Random random(5);
  Options options{.fault = {Fault::Kind::drop, 0}, .fault_rate = 0.25};
  const auto struck = [&](const Request& request) {
    int count = 0;
    for (int i = 0; i < 2000; ++i) {
      const auto plan = make_plan(request, options, random, 1);
      count += plan && plan->fault.is(Fault::Kind::drop) ? 1 : 0;
    }
    return count;
  };
  const Request post = chat(R"({"model":"sim-model"})");
  const Request list{.method = "GET", .path = "/v1/models"};
  EXPECT_NEAR(struck(post), 500, 100);
  EXPECT_EQ(struck(list), 0);
  options.fault_path = "/v1/models";
  options.fault_rate = 1;
  EXPECT_EQ(struck(post), 0);
  EXPECT_EQ(struck(list), 2000);
}

TEST(Text, TheDefaultAnswerIsWholeSentences) {
  EXPECT_TRUE(prose(0, Options{}.tokens).ends_with("."));
  EXPECT_TRUE(prose(0, Options{}.tokens).starts_with("The router says hello"));
  EXPECT_NE(prose(0, 5), prose(1, 5));
  EXPECT_EQ(token(0, 0) + token(0, 1) + token(0, 2), prose(0, 3));
}

}  // namespace
}  // namespace sim
