#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "io/acceptor.hpp"
#include "server/served_certificate.hpp"

namespace server {

/// One address that clients come to. Belongs to the control thread.
struct Listening {
  std::unique_ptr<io::Acceptor> acceptor;       ///< null once it is closed
  std::unique_ptr<ServedCertificate> tls = {};  ///< null: plain HTTP
};

/// Sockets that systemd has opened for this process (sd_listen_fds(3)): they take the place of the
/// configured addresses.
struct Inherited {
  std::vector<int> clients;
  std::optional<int> admin;  ///< the one that is named so
};

/// Takes them from the environment, which then says nothing of them any more. At start-up, while
/// there is one thread.
Inherited take_inherited();

/// Opens them all. Throws std::runtime_error (start-up only) with the address and the reason.
std::vector<std::unique_ptr<Listening>> listen_for_clients(io::Loop& loop,
                                                           const config::Config& config,
                                                           const Inherited& inherited);

/// The operators' address, or why there is none.
std::expected<std::unique_ptr<io::Acceptor>, std::string> listen_for_admins(
    io::Loop& loop, const config::Config& config, const Inherited& inherited);

}  // namespace server
