#pragma once

#include "config/config.hpp"
#include "config/section.hpp"

namespace config {

/// `listen`, `tls` and `admin`: where to be found, and with which certificates.
void read_addresses(const Section& root, Config& config, Findings& findings);

}  // namespace config
