#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "metrics/definitions.hpp"

namespace metrics {

/// A label and its value; the value may hold any bytes.
struct Label {
  std::string_view name;
  std::string_view value;
};
using Labels = std::initializer_list<Label>;

/// Writes the Prometheus text format 0.0.4, one family after the other. Pure; one thread.
class TextWriter {
 public:
  /// Begins a family: its HELP and TYPE lines. What follows belongs to it.
  void family(Metric metric);

  void sample(Labels labels, std::uint64_t value) { sample("", labels, value); }
  void sample(Labels labels, std::int64_t value) { sample("", labels, value); }
  void sample(Labels labels, double value) { sample("", labels, value); }

  /// A histogram's parts (`suffix` is _bucket, _sum or _count).
  template <class Number>
  void sample(std::string_view suffix, Labels labels, Number value);

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void name_and_labels(std::string_view suffix, Labels labels);
  void label_value(std::string_view value);

  std::string out_;
  std::string_view name_;
};

/// The shortest text that reads back as the same number; +Inf, -Inf and NaN as Prometheus has them.
std::string number_text(double value);

}  // namespace metrics
