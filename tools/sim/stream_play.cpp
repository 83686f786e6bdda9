#include "stream_play.hpp"

#include <coroutine>

#include "events.hpp"

namespace sim {
namespace {

using Kind = Fault::Kind;

constexpr std::uint64_t kEventsPerTurn = 64;
constexpr std::string_view kInBandError =
    R"(data: {"error":{"message":"The simulated engine has failed.","type":"InternalServerError",)"
    R"("param":null,"code":500}})"
    "\n\n";
constexpr std::string_view kInBandFlat =
    R"(data: {"object":"error","message":"The simulated engine has failed.",)"
    R"("type":"InternalServerError","param":null,"code":500})"
    "\n\n";

/// Lets everybody else on the loop go first.
struct StepAside {
  io::Loop& loop;
  [[nodiscard]] bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> self) const {
    loop.post([self] { self.resume(); });
  }
  void await_resume() const {}
};

}  // namespace

StreamPlay::StreamPlay(Client& client, const Plan& plan)
    : client_(client),
      plan_(plan),
      loop_(client.descriptor().loop()),
      reply_(client, plan.fault),
      random_(plan.seed) {}

io::Task<bool> StreamPlay::run() {
  if (!co_await reply_.begin_stream()) co_return false;
  base::Instant due = loop_.now() + plan_.ttft;
  if (!co_await sleep_until(due)) co_return false;
  Next next = co_await send(opening_events(plan_));
  for (unsigned i = 0; i < plan_.tokens && next == Next::go_on; ++i) {
    if (i > 0) {
      const double pause = spread_out(base::seconds(plan_.interval), plan_.pace_spread, random_);
      due += std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(pause));
      if (!co_await sleep_until(due)) co_return false;
    }
    next = co_await send(token_events(plan_, i));
  }
  if (next == Next::go_on) next = co_await send(closing_events(plan_));
  if (next == Next::go_on) next = co_await end();
  co_return next == Next::ended&& reply_.reusable();
}

/// False: the client has left.
io::Task<bool> StreamPlay::sleep_until(base::Instant when) {
  const io::Guard guard{.deadline = when, .watched = &client_.descriptor()};
  co_return co_await io::Wait(loop_, guard) != io::Wake::departed;
}

io::Task<StreamPlay::Next> StreamPlay::send(std::vector<std::string> events) {
  for (const std::string& event : events) {
    if (events_ == plan_.fault.value) {
      const Next next = co_await strike(event);
      if (next != Next::go_on) co_return next;
    } else if (!co_await reply_.event(event)) {
      co_return Next::broken;
    }
    // A stream without pace, read by a fast client, would keep the loop to itself.
    if (++events_ % kEventsPerTurn == 0) co_await StepAside(loop_);
  }
  co_return Next::go_on;
}

/// In place of the event whose number the fault names.
io::Task<StreamPlay::Next> StreamPlay::strike(const std::string& event) {
  const auto sent = [](bool ok) { return ok ? Next::go_on : Next::broken; };
  switch (plan_.fault.kind) {
    case Kind::stall:
      co_await sleep_until(base::kNever);
      co_return Next::broken;
    case Kind::ping:
      co_return co_await ping_for_ever();
    case Kind::truncate:
      co_return co_await end();
    case Kind::malformed:
      co_return sent(co_await reply_.event(event.substr(0, event.size() - 3) + "\n\n"));
    case Kind::in_band_error:
    case Kind::in_band_flat: {
      const bool flat = plan_.fault.is(Kind::in_band_flat);
      if (!co_await reply_.event(flat ? kInBandFlat : kInBandError)) co_return Next::broken;
      co_return co_await end();
    }
    default:  // the other faults don't strike at an event
      co_return sent(co_await reply_.event(event));
  }
}

io::Task<StreamPlay::Next> StreamPlay::ping_for_ever() {
  for (;;) {
    if (!co_await reply_.event(": ping\n\n")) co_return Next::broken;
    if (!co_await sleep_until(loop_.now() + std::chrono::seconds(1))) co_return Next::broken;
  }
}

io::Task<StreamPlay::Next> StreamPlay::end() {
  co_return co_await reply_.end_stream() ? Next::ended : Next::broken;
}

}  // namespace sim
