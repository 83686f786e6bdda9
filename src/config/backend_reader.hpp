#pragma once

#include <vector>

#include "config/config.hpp"
#include "config/section.hpp"

namespace config {

/// What the readers of one load share.
struct Reading {
  Findings& findings;
  const SecretSource& secrets;
  bool literal_secrets = false;  ///< set once a secret is found in the file itself
};

/// The secret that the key holds, references expanded; nullopt if it is absent or, reported, bad.
/// It may still be empty, if the file says so in as many words.
std::optional<std::string> read_secret(const Section& section, std::string_view key,
                                       Reading& reading);

/// `auth` of a backend as a ready header field; `masked` gains what it must never show.
Auth read_auth(const Section& auth, Reading& reading, std::vector<Secret>& masked);

/// The durations that a backend may set for itself, and so does `timeouts` of the whole.
void read_backend_timeouts(const Section& section, Timeouts& timeouts);

/// The list under `backends`; `defaults` are the timeouts that each starts from.
std::vector<Backend> read_backends(const Section& root, const Timeouts& defaults, Reading& reading);

}  // namespace config
