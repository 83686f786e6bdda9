#pragma once

#include <optional>
#include <ostream>
#include <string>

#include "config/load.hpp"

/// The configuration's way in from the machine: finding and reading the file, the environment.
/// The one part of this layer that does I/O; called at start, before any worker runs.
namespace config {

/// Secrets from the process environment and from files (at most 64 KiB each).
SecretSource system_secrets();

/// config.yaml, else config.yml, if it is in the working directory.
std::optional<std::string> usual_file();

/// Finds, reads and loads the configuration: `path` if given, else config.yaml, then config.yml in
/// the working directory. What cannot be found or read is a diagnostic like any other, and says
/// what to write. Warns of a file that others can read and that holds secrets (S24).
/// `secrets` is a parameter for tests; main passes system_secrets().
LoadResult load_file(const std::optional<std::string>& path, const SecretSource& secrets);

/// `llm-router check`: every diagnostic and, if there is no error, `config.yaml: ok (3 backends)`.
/// Returns the exit code: 0, or 1 if there is an error.
int check(const std::optional<std::string>& path, const SecretSource& secrets, std::ostream& out);

}  // namespace config
