#include "answers.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "dialect.hpp"
#include "json/walk.hpp"
#include "json/write.hpp"
#include "text.hpp"

namespace sim {
namespace {

constexpr std::size_t kDimensions = 16;
constexpr std::size_t kMaxDimensions = 4096;

std::string completion(const Plan& plan) {
  const bool chat = plan.endpoint == Endpoint::chat;
  std::string out;
  json::ObjectWriter answer(out);
  answer.string("id", answer_id(plan, chat ? "chatcmpl" : "cmpl"))
      .string("object", chat ? "chat.completion" : "text_completion")
      .uint("created", kCreated)
      .string("model", plan.model);
  json::ArrayWriter choices = answer.array("choices");
  for (unsigned i = 0; i < plan.choices; ++i) {
    json::ObjectWriter choice = choices.object();
    choice.uint("index", i);
    if (chat)
      choice.object("message")
          .string("role", "assistant")
          .string("content", prose(i, plan.tokens))
          .null("refusal")
          .close();
    else
      choice.string("text", prose(i, plan.tokens));
    choice.null("logprobs").string("finish_reason", finish_reason(plan)).close();
  }
  choices.close();
  answer.raw("usage", usage_json(plan)).close();
  return out;
}

/// How many elements an array holds; anything else counts as one.
std::size_t count_of(const json::Value& value) {
  if (value.kind != json::Kind::array) return 1;
  std::size_t n = 0;
  for (const json::Value& element : json::Elements(value))
    n += element.raw.empty() ? 0 : 1;
  return n;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t block = 0;
    for (std::size_t k = 0; k < 3; ++k)
      block = block << 8U | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      out += i + k <= bytes.size() ? kAlphabet[block >> (18 - 6 * k) & 63U] : '=';
  }
  return out;
}

/// Small exact floats (multiples of 1/64), so that text and base64 forms agree to the last bit.
std::string vector_json(std::size_t input, std::size_t dimensions, bool as_base64) {
  std::string text = "[";
  std::string bytes;
  for (std::size_t d = 0; d < dimensions; ++d) {
    const auto step = static_cast<int>((input * 7 + d * 13) % 64);
    const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(step) / 64.0F);
    for (unsigned shift = 0; shift < 32; shift += 8)
      bytes += static_cast<char>(bits >> shift & 0xFFU);
    text += (d == 0 ? "" : ",") + std::to_string(static_cast<double>(step) / 64.0);
  }
  return as_base64 ? '"' + base64(bytes) + '"' : text + "]";
}

std::string embeddings(const Plan& plan) {
  const json::Value root = json::root(plan.body);
  const bool as_base64 =
      json::plain_string(json::find(root, "encoding_format")).value_or("") == "base64";
  const auto dimensions = std::min<std::uint64_t>(
      json::as_uint(json::find(root, "dimensions")).value_or(kDimensions), kMaxDimensions);
  std::string out;
  json::ObjectWriter answer(out);
  answer.string("object", "list");
  json::ArrayWriter data = answer.array("data");
  const std::size_t inputs = count_of(json::find(root, "input"));
  for (std::size_t i = 0; i < inputs; ++i)
    data.object()
        .string("object", "embedding")
        .uint("index", i)
        .raw("embedding", vector_json(i, dimensions, as_base64))
        .close();
  data.close();
  answer.string("model", plan.model);
  answer.object("usage")
      .uint("prompt_tokens", plan.prompt_tokens)
      .uint("total_tokens", plan.prompt_tokens)
      .close();
  answer.close();
  return out;
}

/// Scores fall from 1 by the place in the list: a ranking that is easy to check.
std::string ranked(const Plan& plan, std::string_view inputs, std::string_view list,
                   std::string_view score) {
  const std::size_t count = count_of(json::find(json::root(plan.body), inputs));
  std::string out;
  json::ObjectWriter answer(out);
  answer.string("id", answer_id(plan, list == "results" ? "rerank" : "score"))
      .string("object", "list")
      .string("model", plan.model);
  json::ArrayWriter results = answer.array(list);
  for (std::size_t i = 0; i < count; ++i)
    results.object()
        .uint("index", i)
        .raw(score, std::to_string(1.0 / static_cast<double>(i + 1)))
        .close();
  results.close();
  answer.object("usage").uint("total_tokens", plan.prompt_tokens).close();
  answer.close();
  return out;
}

std::string moderations(const Plan& plan) {
  std::string out;
  json::ObjectWriter answer(out);
  answer.string("id", answer_id(plan, "modr")).string("model", plan.model);
  json::ArrayWriter results = answer.array("results");
  const std::size_t inputs = count_of(json::find(json::root(plan.body), "input"));
  for (std::size_t i = 0; i < inputs; ++i)
    results.object()
        .boolean("flagged", false)
        .raw("categories", R"({"violence":false,"hate":false})")
        .raw("category_scores", R"({"violence":0.01,"hate":0.01})")
        .close();
  results.close();
  answer.close();
  return out;
}

/// One token a byte, so that detokenizing gives the prompt back.
std::string tokenize(const Plan& plan) {
  const std::string prompt =
      json::as_string(json::find(json::root(plan.body), "prompt")).value_or("");
  std::string out;
  json::ObjectWriter answer(out);
  answer.uint("count", prompt.size()).uint("max_model_len", 32768);
  json::ArrayWriter tokens = answer.array("tokens");
  for (const char c : prompt)
    tokens.uint(static_cast<unsigned char>(c));
  tokens.close();
  answer.close();
  return out;
}

std::string detokenize(const Plan& plan) {
  std::string prompt;
  for (const json::Value& token : json::Elements(json::find(json::root(plan.body), "tokens")))
    prompt += static_cast<char>(json::as_uint(token).value_or('?') & 0xFFU);
  std::string out;
  json::ObjectWriter(out).string("prompt", prompt).close();
  return out;
}

std::string body_of(const Plan& plan, std::span<const std::string> models, EngineKind kind) {
  switch (plan.endpoint) {
    case Endpoint::models:
      return list_of_models(kind, models);
    case Endpoint::chat:
    case Endpoint::completions:
      return completion(plan);
    case Endpoint::responses:
      return response_json(plan, plan.at_limit ? "incomplete" : "completed");
    case Endpoint::embeddings:
      return embeddings(plan);
    case Endpoint::rerank:
      return ranked(plan, "documents", "results", "relevance_score");
    case Endpoint::score:
      return ranked(plan, "text_2", "data", "score");
    case Endpoint::moderations:
      return moderations(plan);
    case Endpoint::tokenize:
      return tokenize(plan);
    case Endpoint::detokenize:
      return detokenize(plan);
    case Endpoint::health:
    case Endpoint::unknown:
      return "{}";
  }
  return "{}";
}

std::string_view error_type(int status) {
  switch (status) {
    case 401:
      return "AuthenticationError";
    case 404:
      return "NotFoundError";
    case 429:
      return "RateLimitError";
    default:
      return status < 500 ? "BadRequestError" : "InternalServerError";
  }
}

}  // namespace

Answer plain_answer(const Plan& plan, std::span<const std::string> models, EngineKind kind) {
  return {.body = body_of(plan, models, kind)};
}

Answer error_answer(int status, std::string_view message, std::string_view param) {
  Answer answer{.status = status, .retry_later = status == 429 || status == 503};
  json::ObjectWriter body(answer.body);
  json::ObjectWriter error = body.object("error");
  error.string("message", message).string("type", error_type(status));
  if (param.empty())
    error.null("param");
  else
    error.string("param", param);
  error.uint("code", static_cast<unsigned>(status)).close();
  body.close();
  return answer;
}

}  // namespace sim
