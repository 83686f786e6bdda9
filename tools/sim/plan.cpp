#include "plan.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "json/scan.hpp"
#include "json/walk.hpp"

namespace sim {
namespace {

constexpr unsigned kMaxChoices = 128;

constexpr std::array<std::pair<std::string_view, Endpoint>, 13> kPaths = {{
    {"/health", Endpoint::health},
    {"/healthz", Endpoint::health},
    {"/v1/models", Endpoint::models},
    {"/v1/chat/completions", Endpoint::chat},
    {"/v1/completions", Endpoint::completions},
    {"/v1/responses", Endpoint::responses},
    {"/v1/embeddings", Endpoint::embeddings},
    {"/v1/rerank", Endpoint::rerank},
    {"/v1/score", Endpoint::score},
    {"/v1/moderations", Endpoint::moderations},
    {"/tokenize", Endpoint::tokenize},
    {"/detokenize", Endpoint::detokenize},
    {"/rerank", Endpoint::rerank},
}};

bool takes_get(Endpoint endpoint) {
  return endpoint == Endpoint::health || endpoint == Endpoint::models;
}

bool can_stream(Endpoint endpoint) {
  return endpoint == Endpoint::chat || endpoint == Endpoint::completions ||
         endpoint == Endpoint::responses;
}

/// A number out of an x-sim-… field; nothing if there is none.
template <class Number>
std::expected<std::optional<Number>, Refusal> read_number(const std::string& text,
                                                          std::string_view field) {
  if (text.empty()) return std::nullopt;
  Number number{};
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || rest != end || number < 0)
    return std::unexpected(Refusal{400, std::string(field) + " is not a number: " + text, field});
  return number;
}

std::expected<void, Refusal> read_body(const Request& request, const Options& options, Plan& plan) {
  if (auto checked = json::validate(request.body); !checked)
    return std::unexpected(Refusal{400, checked.error().message, {}});
  const json::Value root = json::root(request.body);
  plan.model = json::as_string(json::find(root, "model")).value_or("");
  if (plan.model.empty()) return std::unexpected(Refusal{400, "`model` is required", "model"});
  if (std::ranges::find(options.models, plan.model) == options.models.end())
    return std::unexpected(Refusal{404, "The model `" + plan.model + "` does not exist.", "model"});
  plan.stream =
      can_stream(plan.endpoint) && json::as_bool(json::find(root, "stream")).value_or(false);
  plan.include_usage =
      json::as_bool(json::find(json::find(root, "stream_options"), "include_usage"))
          .value_or(false);
  for (const char* name : {"messages", "prompt", "input"})
    if (plan.prompt.empty()) plan.prompt = json::find(root, name).raw;
  const auto choices = json::as_uint(json::find(root, "n")).value_or(1);
  plan.choices = static_cast<unsigned>(std::clamp<std::uint64_t>(choices, 1, kMaxChoices));
  for (const char* name : {"max_tokens", "max_completion_tokens", "max_output_tokens"}) {
    const auto limit = json::as_uint(json::find(root, name));
    if (!limit || *limit >= plan.tokens) continue;
    plan.tokens = static_cast<unsigned>(*limit);
    plan.at_limit = true;
  }
  return {};
}

std::expected<void, Refusal> read_wishes(const Request& request, Plan& plan) {
  const auto tokens = read_number<unsigned>(request.tokens, "x-sim-tokens");
  const auto ttft = read_number<std::uint32_t>(request.ttft, "x-sim-ttft");
  const auto rate = read_number<double>(request.rate, "x-sim-rate");
  for (const Refusal* refusal : {tokens ? nullptr : &tokens.error(), ttft ? nullptr : &ttft.error(),
                                 rate ? nullptr : &rate.error()})
    if (refusal != nullptr) return std::unexpected(*refusal);

  if (*tokens) plan.tokens = **tokens;
  if (*ttft) plan.ttft = milliseconds(**ttft);
  if (*rate)
    plan.interval = std::chrono::nanoseconds(
        **rate > 0 ? static_cast<std::int64_t>(1e9 / std::max(**rate, 1e-3)) : 0);
  if (request.fault.empty()) return {};
  const auto fault = parse_fault(request.fault);
  if (!fault) return std::unexpected(Refusal{400, fault.error(), "x-sim-fault"});
  plan.fault = *fault;
  return {};
}

bool fault_strikes(const Request& request, const Options& options, base::Random& random) {
  if (options.fault.is(Fault::Kind::none)) return false;
  const bool meant = options.fault_path.empty() ? request.method == "POST"
                                                : request.path.starts_with(options.fault_path);
  return meant && random.unit() < options.fault_rate;
}

}  // namespace

Endpoint endpoint_of(std::string_view path) {
  const auto* found =
      std::ranges::find(kPaths, path, &std::pair<std::string_view, Endpoint>::first);
  return found == kPaths.end() ? Endpoint::unknown : found->second;
}

double spread_out(double value, double spread, base::Random& random) {
  return std::max(0.0, value * (1 + spread * (2 * random.unit() - 1)));
}

std::expected<Plan, Refusal> make_plan(const Request& request, const Options& options,
                                       base::Random& random, std::uint64_t id) {
  Plan plan{.endpoint = endpoint_of(request.path), .id = id};
  if (plan.endpoint == Endpoint::unknown)
    return std::unexpected(Refusal{404, "Not found: " + request.path, {}});
  if (!options.api_key.empty() && plan.endpoint != Endpoint::health &&
      request.authorization != "Bearer " + options.api_key)
    return std::unexpected(Refusal{401, "Invalid API key.", {}});
  if (request.method != (takes_get(plan.endpoint) ? "GET" : "POST"))
    return std::unexpected(Refusal{405, "Method not allowed: " + request.method, {}});

  // All numbers are drawn for every request, so that one request's fields never shift the next's.
  using seconds = std::chrono::duration<double>;
  const auto rounded = [](double s) {
    return std::chrono::duration_cast<base::Duration>(seconds(s));
  };
  plan.ttft = rounded(spread_out(seconds(options.ttft).count(), options.ttft_spread, random));
  plan.interval = rounded(options.tokens_per_second > 0 ? 1 / options.tokens_per_second : 0);
  plan.pace_spread = options.pace_spread;
  plan.seed = random.next();
  plan.tokens = static_cast<unsigned>(spread_out(options.tokens, options.tokens_spread, random));
  if (fault_strikes(request, options, random)) plan.fault = options.fault;
  if (takes_get(plan.endpoint)) return plan;

  if (auto wishes = read_wishes(request, plan); !wishes) return std::unexpected(wishes.error());
  if (auto body = read_body(request, options, plan); !body) return std::unexpected(body.error());
  plan.body = request.body;
  plan.prompt_tokens = static_cast<unsigned>(std::max<std::size_t>(1, request.body.size() / 4));
  return plan;
}

}  // namespace sim
