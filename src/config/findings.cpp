#include "config/findings.hpp"

#include <algorithm>
#include <tuple>

namespace config {

std::string Diagnostic::to_string() const {
  std::string text = file;
  if (line > 0) text += ":" + std::to_string(line) + ":" + std::to_string(column);
  text += warning ? ": warning: " : ": error: ";
  return text + message;
}

void Findings::add(Position at, std::string message, bool warning) {
  diagnostics_.push_back({file_, at.line, at.column, std::move(message), warning});
}

std::vector<Diagnostic> Findings::take() {
  std::ranges::sort(diagnostics_, {}, [](const Diagnostic& diagnostic) {
    return std::tuple(diagnostic.line, diagnostic.column, std::string_view(diagnostic.message));
  });
  return std::move(diagnostics_);
}

}  // namespace config
