#pragma once

#include <expected>
#include <string>
#include <vector>

#include "io/address.hpp"
#include "io/task.hpp"
#include "io/wait.hpp"

namespace io {

using Resolved = std::expected<std::vector<Address>, std::string>;

/// The addresses of `host` (a name, or a literal without brackets) in the system's order of
/// preference. Names go through getaddrinfo(3) on a thread of their own, so that /etc/hosts, mDNS
/// and whatever else the machine is set up for works, and a look-up that hangs delays nobody; past
/// the deadline it is left behind. The error is the resolver's text.
Task<Resolved> resolve(Loop& loop, std::string host, std::uint16_t port, Guard guard);

/// The same, blocking: for start-up only.
Resolved resolve_now(const std::string& host, std::uint16_t port);

}  // namespace io
