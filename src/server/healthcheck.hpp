#pragma once

#include <ostream>

#include "config/config.hpp"

namespace server {

/// Where the router of this configuration answers plain HTTP by TCP: the first such address of
/// clients', else that of operators.
const config::ListenAddress& plain_address(const config::Config& config);

/// Asks the router that listens at `address` for GET /healthz, over loopback if it listens at every
/// address, and says in a line on `out` what is wrong. For containers without curl. The exit status
/// of `llm-router healthcheck`: 0 if it answers 200 within three seconds, else 1. Runs a loop of
/// its own on the caller's thread.
int healthcheck(const config::ListenAddress& address, std::ostream& out);

}  // namespace server
