#include "base/log.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <type_traits>

#include "base/escape.hpp"
#include "base/rfc3339.hpp"

// spdlog would be the usual choice. Its asynchronous logger joins a thread in its destructor, which
// a stderr that nobody reads keeps in write(): the process would not end. The rest of what it does
// is the forty lines below.

namespace base {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"debug", "info", "warn", "error", "off"};
constexpr std::array<std::string_view, 5> kTextNames = {" DEBUG ", " INFO  ", " WARN  ", " ERROR ",
                                                        " OFF   "};

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return out;
}

std::optional<LogLevel> level_named(std::string_view text) {
  const std::string name = lower(trim(text));
  if (name == "trace") return LogLevel::debug;
  if (name == "warning") return LogLevel::warn;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (name == kNames[i]) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

bool names_us(std::string_view target) {
  const std::string name = lower(trim(target));
  return name == "llm_router" || name == "llm-router";
}

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_value(std::string& out, const LogField& field, LogFormat format) {
  const auto text = [&](std::string_view value) {
    if (format == LogFormat::text) return append_word(out, value, Log::kLogFieldBytes);
    out += '"';
    append_escaped(out, value, Log::kLogFieldBytes);
    out += '"';
  };
  const auto visitor = [&](auto value) {
    using Value = decltype(value);
    if constexpr (std::is_same_v<Value, std::string_view>) {
      text(value);
    } else if constexpr (std::is_same_v<Value, bool>) {
      out += value ? "true" : "false";
    } else if constexpr (std::is_same_v<Value, double>) {
      std::isfinite(value) ? append_number(out, value) : void(out += "null");
    } else {
      append_number(out, value);
    }
  };
  std::visit(visitor, field.value);
}

}  // namespace

std::string_view to_string(LogLevel level) {
  return kNames[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> parse_log_level(std::string_view text) {
  std::optional<LogLevel> general;
  std::optional<LogLevel> ours;
  while (!text.empty()) {
    const std::string_view directive = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), directive.size() + 1));
    const std::size_t equals = directive.find('=');
    if (equals == std::string_view::npos) {
      if (!general) general = level_named(directive);
    } else if (names_us(directive.substr(0, equals))) {
      ours = level_named(directive.substr(equals + 1));
    }
  }
  return ours ? ours : general;
}

Log::Log(Options options)
    : level_(options.level),
      format_(options.format),
      writer_(
          LineFile::duplicate(options.fd),
          {.lane_bytes = options.queue_bytes, .wake_bytes = options.queue_bytes, .interval = {}}),
      lane_(writer_.add_lane()) {}

void Log::write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  std::array<char, Rfc3339::kLength> time;
  Rfc3339().write(time.data(), WallClock::now());
  const std::string_view stamp(time.data(), time.size());
  const bool json = format_ == LogFormat::json;

  std::string line;
  if (json) line += "{\"time\":\"";
  line += stamp;
  if (json) {
    line.append("\",\"level\":\"").append(to_string(level)).append("\",\"message\":\"");
  } else {
    line += kTextNames[static_cast<std::size_t>(level)];
  }
  append_escaped(line, message, kLogFieldBytes, json ? Quotes::escape : Quotes::keep);
  if (json) line += '"';
  for (const LogField& field : fields) {
    line.append(json ? ",\"" : " ").append(field.key).append(json ? "\":" : "=");
    append_value(line, field, format_);
  }
  line += json ? "}\n" : "\n";
  lane_.append(line);
}

}  // namespace base
