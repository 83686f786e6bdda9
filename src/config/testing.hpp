#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "config/load.hpp"

/// For this layer's tests: documents loaded with an environment and files of their own.
namespace config::testing {

/// Variables as they are, files as `file:PATH`.
using Values = std::map<std::string, std::string, std::less<>>;

inline SecretSource source(Values values) {
  const auto look_up = [](const Values& from, const std::string& name) {
    const auto found = from.find(name);
    return found == from.end() ? std::nullopt : std::optional(found->second);
  };
  return {
      .env = [values,
              look_up](std::string_view name) { return look_up(values, std::string(name)); },
      .file = [values, look_up](
                  std::string_view path) { return look_up(values, "file:" + std::string(path)); },
  };
}

inline LoadResult load_text(std::string_view yaml, Values values = {}) {
  return load(yaml, "config.yaml", source(std::move(values)));
}

/// All diagnostics, one a line, as a user sees them.
inline std::string report(const LoadResult& result) {
  std::string text;
  for (const Diagnostic& diagnostic : result.diagnostics)
    text += diagnostic.to_string() + "\n";
  return text;
}

inline constexpr std::string_view kCanary = "CANARY-7f3a-secret";

/// What must hold of load() for any bytes at all; returns the promise that is broken, or "".
/// The body of fuzz/config_fuzz.cpp, and of the replay of its corpus.
inline std::string broken_promise(std::string_view yaml) {
  const std::string canary(kCanary);
  const LoadResult result = load_text(yaml, {{"A", canary}, {"file:/a", canary + "\n"}});
  for (const Diagnostic& diagnostic : result.diagnostics) {
    const auto last_line = 1 + std::ranges::count(yaml, '\n');
    if (diagnostic.message.empty()) return "every diagnostic says something";
    if (diagnostic.message.contains(kCanary)) return "no message holds a secret";
    if (diagnostic.line < 0 || diagnostic.line > last_line + 1) return "lines are of the file";
    if (diagnostic.line > 0 && diagnostic.column < 1) return "columns count from 1";
  }
  if (!result.ok()) return {};
  if (result.config.backends.empty()) return "a good configuration has a backend";
  for (const Backend& backend : result.config.backends) {
    if (backend.name.empty() || backend.url.host.empty()) return "a backend has a name and a host";
    if (backend.auth.value.reveal().find_first_of(std::string_view("\r\n\0", 3)) !=
        std::string::npos) {
      return "a header value is one line";
    }
  }
  return {};
}

}  // namespace config::testing
