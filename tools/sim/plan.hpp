#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/time.hpp"
#include "fault.hpp"
#include "options.hpp"

namespace sim {

enum class Endpoint : std::uint8_t {
  unknown,
  health,
  models,
  chat,
  completions,
  responses,
  embeddings,
  rerank,
  score,
  moderations,
  tokenize,
  detokenize,
};

/// One request as the simulator reads it. Immutable; owns its bytes.
struct Request {
  std::string method = {};
  std::string path = {};  ///< without a query
  std::string authorization = {};
  std::string body = {};
  // x-sim-…: what the request wants simulated, empty where it says nothing.
  std::string fault = {};
  std::string tokens = {};
  std::string ttft = {};
  std::string rate = {};
};

/// What the answer to one request will be, and when: drawn up before the first byte of it.
struct Plan {
  Endpoint endpoint = Endpoint::unknown;
  std::uint64_t id = 0;  ///< the request's number, from 1
  std::string model = {};
  std::string body = {};  ///< of the request, for endpoints whose answer depends on it
  bool stream = false;
  bool include_usage = false;
  unsigned choices = 1;
  unsigned tokens = 0;
  bool at_limit = false;  ///< the request's own limit ends the answer
  unsigned prompt_tokens = 0;
  unsigned cached_tokens = 0;  ///< of these, what the prefix cache knew
  std::string prompt = {};     ///< as it stands in the body, for the cache
  base::Duration ttft{};
  base::Duration interval{};  ///< between tokens, on average
  double pace_spread = 0;     ///< of each interval
  std::uint64_t seed = 0;     ///< for the intervals
  Fault fault = {};
};

/// A request that the engine itself refuses.
struct Refusal {
  int status;
  std::string message;
  std::string_view param;
};

Endpoint endpoint_of(std::string_view path);

/// Pure but for `random`, whose numbers decide the spreads and whether a fault strikes.
std::expected<Plan, Refusal> make_plan(const Request& request, const Options& options,
                                       base::Random& random, std::uint64_t id);

/// `value`, spread uniformly by ±`spread` of itself; never negative.
double spread_out(double value, double spread, base::Random& random);

}  // namespace sim
