#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace config {

/// A value that must never reach a log, an error, a metric or an answer: an API key, a password,
/// the value of a credential header. Printing it gives `***`; the bytes come out by `reveal()`
/// alone, so that a reader finds every place where they do. Comparing secrets leaks them by
/// timing, hence no operator==: keys are hashed first (policy).
///
/// Thread: immutable once the configuration is loaded.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  [[nodiscard]] std::string_view reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }

  friend bool operator==(const Secret&, const Secret&) = delete;
  friend std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "***"; }

 private:
  std::string value_;
};

}  // namespace config
