#pragma once

#include <cstdint>
#include <memory>
#include <set>

#include "base/random.hpp"
#include "client.hpp"
#include "engine.hpp"
#include "io/acceptor.hpp"
#include "io/gate.hpp"
#include "options.hpp"
#include "plan.hpp"
#include "prefix_cache.hpp"

namespace sim {

/// The simulated server: accepts, reads requests, plays the planned answers. One loop, one thread.
/// Lives until the loop has ended.
class Simulator {
 public:
  Simulator(io::Loop& loop, const Options& options);

  /// Accepts for as long as the loop runs.
  io::Task<void> serve(io::Acceptor& acceptor);

  /// Ends all connections; over when the last of them has gone, or after a second.
  io::Task<void> shut_down();

 private:
  io::Task<void> serve_connection(std::unique_ptr<io::Stream> stream);
  /// Each of these says whether the connection may carry another request.
  io::Task<bool> answer(Client& client);
  io::Task<bool> play(Client& client, const Plan& plan);
  io::Task<bool> play_admitted(Client& client, const Plan& plan);
  io::Task<bool> refuse(Client& client, int status, std::string_view message,
                        std::string_view param = {});
  /// What the prompt costs, with what the cache knows taken off, goes before the first token.
  void prefill(Plan& plan);
  void log(const Request& request, std::string_view model) const;

  io::Loop& loop_;
  const Options& options_;
  http::ServerSettings settings_;
  io::Budget budget_;
  io::BufferPool buffers_;
  base::Random random_;
  Engine engine_;
  PrefixCache cache_;
  io::Gate gate_;
  std::set<Client*> clients_;
  std::uint64_t requests_ = 0;
};

}  // namespace sim
