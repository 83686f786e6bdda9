#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client.hpp"
#include "plan.hpp"
#include "reply.hpp"

namespace sim {

/// Plays one streamed answer: the events of the plan at their pace, and the faults that strike at
/// an event. Lives in the frame of the request's coroutine; ends early when the client leaves.
class StreamPlay {
 public:
  StreamPlay(Client& client, const Plan& plan);

  /// Whether the connection may carry another request.
  io::Task<bool> run();

 private:
  enum class Next : std::uint8_t { go_on, ended, broken };

  io::Task<bool> sleep_until(base::Instant when);
  io::Task<Next> send(std::vector<std::string> events);
  io::Task<Next> strike(const std::string& event);
  io::Task<Next> ping_for_ever();
  io::Task<Next> end();

  Client& client_;
  const Plan& plan_;
  io::Loop& loop_;
  Reply reply_;
  base::Random random_;
  std::uint64_t events_ = 0;
};

}  // namespace sim
