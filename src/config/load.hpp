#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace config {

/// Where `${NAME}` and `${file:PATH}` are read. Passed in, so that loading stays pure.
struct SecretSource {
  using Lookup = std::function<std::optional<std::string>(std::string_view)>;
  Lookup env;
  Lookup file;
};

/// One finding about a configuration. Never holds a secret's value.
struct Diagnostic {
  std::string file;
  int line = 0;    ///< from 1; 0: about the file as a whole
  int column = 0;  ///< from 1, in bytes
  std::string message;
  bool warning = false;

  /// `config.yaml:3:5: error: unknown key `bakends`; did you mean `backends`?`
  [[nodiscard]] std::string to_string() const;
};

struct LoadResult {
  std::string file_name;
  Config config;                        ///< usable only if ok()
  std::vector<Diagnostic> diagnostics;  ///< in the order of the file
  bool holds_literal_secrets = false;   ///< a key, token or password stands in the file itself

  [[nodiscard]] bool ok() const;
};

/// YAML to Config, with every error of the document at once. Pure but for `secrets`; never throws,
/// whatever the bytes. Documents over 1 MiB, nested deeper than 32 or with aliases that expand to
/// more than 100 000 nodes are refused.
LoadResult load(std::string_view yaml, std::string_view file_name, const SecretSource& secrets);

}  // namespace config
