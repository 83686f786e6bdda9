#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "fault.hpp"
#include "kinds.hpp"

namespace sim {

using std::chrono::milliseconds;

/// How the simulated engine behaves, as the command line says. Immutable after start.
struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000;  ///< 0: the kernel picks one

  std::vector<std::string> models = {"sim-model"};
  std::string api_key = {};  ///< not empty: requests must bear it

  EngineKind kind = EngineKind::none;  ///< what it pretends to be

  milliseconds ttft{150};
  double ttft_spread = 0;        ///< 0.2: uniformly between 80 % and 120 %
  double prefill_rate = 0;       ///< tokens of prompt per second, before the ttft; 0: at once
  std::size_t cache_tokens = 0;  ///< of prompts that needn't be computed again
  double tokens_per_second = 40;
  double pace_spread = 0;
  unsigned tokens = 52;  ///< of an answer, where the request sets no lower limit
  double tokens_spread = 0;

  unsigned concurrency = 0;  ///< requests that run at a time; 0: all of them
  unsigned queue = 16;       ///< requests that may wait for their turn
  unsigned full_status = 503;

  Fault fault = {};
  double fault_rate = 1;        ///< the share of requests that fail so
  std::string fault_path = {};  ///< only requests whose path begins so; empty: all POST requests

  std::uint64_t seed = 1;
  bool verbose = false;
};

}  // namespace sim
