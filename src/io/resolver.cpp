#include "io/resolver.hpp"

#include <list>
#include <optional>
#include <system_error>
#include <thread>

#include <netdb.h>

#include "base/signal_mask.hpp"

namespace io {

LookedUp look_up(const std::string& host, std::uint16_t port) {
  if (auto literal = Address::parse(host, port)) return std::vector{*literal};
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

/// One look-up and who waits for it. The thread only carries it to the loop's thread, which alone
/// looks inside.
struct Lookup {
  std::optional<LookedUp> result;
  base::Instant forget_at;  // of a result
  std::list<Waiter*> waiting;
};

namespace {

constexpr std::chrono::seconds kRemembered{1};

/// Waits for the look-up's end, the deadline or the client's departure, whichever comes first.
class LookupWait final : private Waiter, private Timer {
 public:
  LookupWait(Loop& loop, Lookup& lookup, const Guard& guard)
      : loop_(loop), lookup_(lookup), guard_(guard) {}
  LookupWait(const LookupWait&) = delete;
  LookupWait& operator=(const LookupWait&) = delete;
  ~LookupWait() { leave(); }

  [[nodiscard]] bool await_ready() {
    if (guard_.watched != nullptr && guard_.watched->hung_up()) {
      reason_ = Wake::departed;
      return true;
    }
    if (lookup_.result) return true;
    if (guard_.deadline > loop_.now()) return false;
    reason_ = Wake::deadline;
    return true;
  }

  void await_suspend(std::coroutine_handle<> awaiting) {
    place_ = lookup_.waiting.insert(lookup_.waiting.end(), this);
    awaiting_ = awaiting;
    if (guard_.watched != nullptr) guard_.watched->on_hang_up(this);
    loop_.timers().set(*this, guard_.deadline);
  }

  Wake await_resume() const { return reason_; }

  void wake(Wake reason) override {
    leave();
    if (guard_.watched != nullptr) guard_.watched->on_hang_up(nullptr);
    cancel();
    reason_ = reason;
    awaiting_.resume();  // last: it destroys this awaiter
  }

 private:
  void expired() override { wake(Wake::deadline); }

  void leave() {
    if (place_) lookup_.waiting.erase(*place_);
    place_.reset();
  }

  Loop& loop_;
  Lookup& lookup_;
  Guard guard_;
  Wake reason_ = Wake::ready;
  std::coroutine_handle<> awaiting_;
  std::optional<std::list<Waiter*>::iterator> place_;
};

void deliver(Loop& loop, Lookup& lookup, LookedUp result) {
  lookup.result = std::move(result);
  lookup.forget_at = loop.now() + kRemembered;
  // Whoever is woken may end others that wait here.
  while (!lookup.waiting.empty())
    lookup.waiting.front()->wake(Wake::ready);
}

}  // namespace

std::shared_ptr<Lookup> Resolver::begin(const std::string& host, std::uint16_t port) {
  std::shared_ptr<Lookup>& known = lookups_[host + ":" + std::to_string(port)];
  if (known && (!known->result || loop_.now() < known->forget_at)) return known;
  auto lookup = std::make_shared<Lookup>();
  try {
    const base::AllSignalsBlocked blocked;
    std::thread([lookup, &loop = loop_, mailbox = loop_.mailbox(), look_up = look_up_, host, port] {
      mailbox->post([lookup, &loop, result = look_up(host, port)]() mutable {
        deliver(loop, *lookup, std::move(result));
      });
    }).detach();
  } catch (const std::system_error& error) {
    deliver(loop_, *lookup, std::unexpected(std::string(error.what())));
  }
  known = lookup;
  return lookup;
}

Task<Resolved> Resolver::resolve(std::string host, std::uint16_t port, Guard guard) {
  if (auto literal = Address::parse(host, port)) co_return std::vector{*literal};
  const std::shared_ptr<Lookup> lookup = begin(host, port);
  const Wake wake = co_await LookupWait(loop_, *lookup, guard);
  if (wake == Wake::departed) co_return std::unexpected(Unresolved{wake, "the client has gone"});
  if (wake == Wake::deadline) {
    co_return std::unexpected(Unresolved{wake, "no answer from the resolver in time"});
  }
  const LookedUp& result = *lookup->result;
  if (!result) co_return std::unexpected(Unresolved{wake, result.error()});
  co_return *result;
}

}  // namespace io
