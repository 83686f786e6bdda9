#include "io/resolver.hpp"

#include <memory>
#include <optional>
#include <system_error>
#include <thread>

#include <netdb.h>

namespace io {
namespace {

/// Shared by the waiting coroutine and the thread; `waiter` and `result` are touched on the loop's
/// thread only.
struct Lookup {
  std::optional<Resolved> result;
  std::coroutine_handle<> waiting;
};

Resolved look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return std::unexpected(std::string(::gai_strerror(error)));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    addresses.emplace_back(entry->ai_addr, entry->ai_addrlen);
  }
  return addresses;
}

/// Waits for the thread's answer or the deadline, whichever comes first.
class LookupWait final : private Timer {
 public:
  LookupWait(Loop& loop, std::shared_ptr<Lookup> lookup, base::Instant deadline)
      : loop_(loop), lookup_(std::move(lookup)), deadline_(deadline) {}
  [[nodiscard]] bool await_ready() const { return lookup_->result.has_value(); }
  void await_suspend(std::coroutine_handle<> awaiting) {
    lookup_->waiting = awaiting;
    loop_.timers().set(*this, deadline_);
  }
  void await_resume() { cancel(); }

 private:
  void expired() override { std::exchange(lookup_->waiting, nullptr).resume(); }

  Loop& loop_;
  std::shared_ptr<Lookup> lookup_;
  base::Instant deadline_;
};

void deliver(const std::shared_ptr<Lookup>& lookup, Resolved result) {
  lookup->result = std::move(result);
  if (auto waiting = std::exchange(lookup->waiting, nullptr)) waiting.resume();
}

}  // namespace

Resolved resolve_now(const std::string& host, std::uint16_t port) {
  if (auto literal = Address::parse(host, port)) return std::vector{*literal};
  return look_up(host, port);
}

Task<Resolved> resolve(Loop& loop, std::string host, std::uint16_t port, Guard guard) {
  if (auto literal = Address::parse(host, port)) co_return std::vector{*literal};
  auto lookup = std::make_shared<Lookup>();
  try {
    std::thread([lookup, mailbox = loop.mailbox(), host, port] {
      mailbox->post(
          [lookup, result = look_up(host, port)]() mutable { deliver(lookup, std::move(result)); });
    }).detach();
  } catch (const std::system_error& error) {
    co_return std::unexpected(std::string(error.what()));
  }
  co_await LookupWait(loop, lookup, guard.deadline);
  if (!lookup->result) co_return std::unexpected("no answer from the resolver in time");
  co_return *std::move(lookup->result);
}

}  // namespace io
