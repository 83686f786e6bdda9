#pragma once

#include "config/config.hpp"
#include "config/section.hpp"

namespace config {

/// A file's path; nullopt if the key is absent or, reported, bad.
std::optional<std::string> read_path(const Section& section, std::string_view key);

/// `certificate` and `key`, which only go together.
void read_certificate(const Section& section, std::string& certificate, std::string& key);

/// `tls` of a backend.
void read_backend_tls(const Section& section, BackendTls& tls);

}  // namespace config
