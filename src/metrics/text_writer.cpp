#include "metrics/text_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/escape.hpp"

namespace metrics {
namespace {

constexpr std::string_view type_name(Type type) {
  switch (type) {
    case Type::counter:
      return "counter";
    case Type::gauge:
      return "gauge";
    case Type::histogram:
      return "histogram";
  }
  std::unreachable();
}

}  // namespace

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> digits;
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

void TextWriter::family(Metric metric) {
  const Definition& facts = definition(metric);
  name_ = facts.name;
  out_.append("# HELP ").append(name_).append(" ").append(facts.help).append("\n# TYPE ");
  out_.append(name_).append(" ").append(type_name(facts.type)).append("\n");
}

template <class Number>
void TextWriter::sample(std::string_view suffix, Labels labels, Number value) {
  name_and_labels(suffix, labels);
  if constexpr (std::is_same_v<Number, double>) {
    out_ += number_text(value);
  } else {
    out_ += std::to_string(value);
  }
  out_ += '\n';
}

template void TextWriter::sample(std::string_view, Labels, std::uint64_t);
template void TextWriter::sample(std::string_view, Labels, std::int64_t);
template void TextWriter::sample(std::string_view, Labels, double);

void TextWriter::name_and_labels(std::string_view suffix, Labels labels) {
  out_.append(name_).append(suffix);
  char separator = '{';
  for (const Label& label : labels) {
    out_ += std::exchange(separator, ',');
    out_.append(label.name).append("=\"");
    label_value(label.value);
    out_ += '"';
  }
  out_ += labels.size() == 0 ? " " : "} ";
}

// The format knows three escapes and UTF-8 only; all else that a backend may put into a model's
// name becomes U+FFFD.
void TextWriter::label_value(std::string_view value) {
  while (!value.empty()) {
    const std::size_t length = base::utf8_length(value);
    const std::string_view character = value.substr(0, length);
    value.remove_prefix(std::max<std::size_t>(length, 1));
    if (character == "\n") {
      out_ += "\\n";
    } else if (character == "\"" || character == "\\") {
      out_.append("\\").append(character);
    } else if (length == 0 || static_cast<unsigned char>(character[0]) < 0x20) {
      out_ += "\xef\xbf\xbd";
    } else {
      out_ += character;
    }
  }
}

}  // namespace metrics
