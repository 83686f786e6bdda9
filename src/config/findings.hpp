#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/load.hpp"

namespace config {

/// A place in a document, from 1; 0 means the document as a whole. Columns count bytes.
struct Position {
  int line = 0;
  int column = 0;
};

/// What one load has found so far. Private to this layer; lives as long as the load.
///
/// Messages name keys and variables, never values: a value may be a secret that slipped into the
/// wrong line.
class Findings {
 public:
  explicit Findings(std::string_view file) : file_(file) {}

  void error(Position at, std::string message) { add(at, std::move(message), false); }
  void warning(Position at, std::string message) { add(at, std::move(message), true); }

  /// All of it, in the order of the document.
  [[nodiscard]] std::vector<Diagnostic> take();

 private:
  void add(Position at, std::string message, bool warning);

  std::string file_;
  std::vector<Diagnostic> diagnostics_;
};

}  // namespace config
