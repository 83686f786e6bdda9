#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "io/address.hpp"
#include "io/task.hpp"
#include "io/wait.hpp"

namespace io {

/// The addresses in the system's order of preference, or the resolver's text.
using LookedUp = std::expected<std::vector<Address>, std::string>;

/// Looks `host` up, a name or a literal without brackets, by getaddrinfo(3): so that /etc/hosts,
/// mDNS and whatever else the machine is set up for works. Blocks, perhaps for minutes. Any thread.
LookedUp look_up(const std::string& host, std::uint16_t port);

/// Why there are no addresses: the look-up failed (`ready`), or the wait for it ended before.
struct Unresolved {
  Wake wake = Wake::ready;
  std::string reason;
};

using Resolved = std::expected<std::vector<Address>, Unresolved>;

struct Lookup;

/// Names to addresses without blocking the loop. A look-up has a thread of its own for as long as
/// it lasts, one for each name at most: whoever asks meanwhile waits for the same answer, and who
/// asks within a second after it gets it again, so that a name that leads nowhere costs one look-up
/// a second however many requests ask. Worker-local; a thread may outlive it and is left behind.
class Resolver {
 public:
  /// Called on the look-up's thread: what it refers to must outlive that.
  using LookUp = std::function<LookedUp(const std::string& host, std::uint16_t port)>;

  explicit Resolver(Loop& loop, LookUp look_up = io::look_up)
      : loop_(loop), look_up_(std::move(look_up)) {}

  /// The wait ends with the guard; the look-up goes on for those who ask next.
  Task<Resolved> resolve(std::string host, std::uint16_t port, Guard guard);

 private:
  std::shared_ptr<Lookup> begin(const std::string& host, std::uint16_t port);

  Loop& loop_;
  LookUp look_up_;
  // By host and port. What is configured bounds it, so that nothing needs to be thrown out.
  std::unordered_map<std::string, std::shared_ptr<Lookup>> lookups_;
};

}  // namespace io
