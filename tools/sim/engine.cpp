#include "engine.hpp"

#include <algorithm>

namespace sim {

bool Engine::Turn::await_ready() {
  if (engine_.concurrency_ == 0 || engine_.running_ < engine_.concurrency_) {
    ++engine_.running_;
    return true;
  }
  if (engine_.line_.size() >= engine_.queue_) result_ = Admitted::full;
  if (client_.hung_up()) result_ = Admitted::departed;
  return result_ != Admitted::yes;
}

void Engine::Turn::await_suspend(std::coroutine_handle<> waiting) {
  waiting_ = waiting;
  engine_.line_.push_back(this);
  client_.on_hang_up(this);
}

void Engine::Turn::wake(io::Wake) {
  client_.on_hang_up(nullptr);
  std::erase(engine_.line_, this);
  result_ = Admitted::departed;
  waiting_.resume();  // last: it destroys this awaiter
}

void Engine::Turn::called() {
  client_.on_hang_up(nullptr);
  // Not from within leave(): that is a destructor of another request's frame.
  engine_.loop_.post([waiting = waiting_] { waiting.resume(); });
}

void Engine::leave() {
  if (line_.empty()) {
    --running_;
    return;
  }
  Turn* next = line_.front();  // it inherits the place
  line_.pop_front();
  next->called();
}

}  // namespace sim
