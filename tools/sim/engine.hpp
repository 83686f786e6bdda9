#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "io/loop.hpp"

namespace sim {

/// The engine's places: so many requests run, so many wait in line, the rest is refused. A request
/// whose client leaves gives up its place, running or waiting. Worker-local.
class Engine {
 public:
  /// `concurrency` 0: everything runs at once.
  Engine(io::Loop& loop, std::size_t concurrency, std::size_t queue)
      : loop_(loop), concurrency_(concurrency), queue_(queue) {}

  /// A place among those that run, held for as long as it lives.
  class Place {
   public:
    explicit Place(Engine& engine) : engine_(&engine) {}
    Place(Place&& other) noexcept : engine_(std::exchange(other.engine_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      if (engine_ != nullptr) engine_->leave();
    }

   private:
    Engine* engine_;
  };

  enum class Admitted : std::uint8_t { yes, full, departed };

  /// `co_await Turn(engine, client)`: yes comes with a place taken, which a Place must give back.
  class Turn final : private io::Waiter {
   public:
    Turn(Engine& engine, io::Descriptor& client) : engine_(engine), client_(client) {}
    bool await_ready();
    void await_suspend(std::coroutine_handle<> waiting);
    Admitted await_resume() const { return result_; }

   private:
    friend class Engine;
    void wake(io::Wake reason) override;
    void called();

    Engine& engine_;
    io::Descriptor& client_;
    std::coroutine_handle<> waiting_;
    Admitted result_ = Admitted::yes;
  };

  [[nodiscard]] std::size_t running() const { return running_; }
  [[nodiscard]] std::size_t waiting() const { return line_.size(); }

 private:
  void leave();

  io::Loop& loop_;
  std::size_t concurrency_;
  std::size_t queue_;
  std::size_t running_ = 0;
  std::deque<Turn*> line_;
};

}  // namespace sim
