#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <variant>

#include "base/line_writer.hpp"
#include "base/time.hpp"

namespace base {

enum class LogLevel : std::uint8_t { debug, info, warn, error, off };

enum class LogFormat : std::uint8_t { json, text };

/// "debug", "info", … as written in configuration and in the log itself.
std::string_view to_string(LogLevel level);

/// Reads a level (case-insensitive; `trace` is debug, `warning` is warn) or a RUST_LOG list:
/// what is said for `llm_router` counts first, then the level without a target.
///   "info" | "llm_router=debug" | "warn,foo=debug" -> warn
/// Empty if the text names no level for us.
std::optional<LogLevel> parse_log_level(std::string_view text);

/// One key with its value; both live as long as the call they are passed to.
struct LogField {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;

  template <std::convertible_to<std::string_view> T>
  LogField(std::string_view k, const T& v) : key(k), value(std::string_view(v)) {}
  template <std::signed_integral T>
  LogField(std::string_view k, T v) : key(k), value(static_cast<std::int64_t>(v)) {}
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  LogField(std::string_view k, T v) : key(k), value(static_cast<std::uint64_t>(v)) {}
  template <std::floating_point T>
  LogField(std::string_view k, T v) : key(k), value(static_cast<double>(v)) {}
  template <std::same_as<bool> T>
  LogField(std::string_view k, T v) : key(k), value(v) {}
};

/// Events for the operator, one line each, to stderr. Requests go to the access log instead.
///
/// Owned by main and passed down by reference. Shared: any thread may log; a line is formatted by
/// the caller and written by a thread of the log's own, so that a stderr that blocks costs lines
/// (counted in dropped()), never time. Secrets never come here. Values may be hostile: control
/// bytes and invalid UTF-8 are escaped and each value is cut at kLogFieldBytes (rule S12).
class Log {
 public:
  static constexpr std::size_t kLogFieldBytes = 2048;
  static constexpr std::size_t kQueueBytes = std::size_t{256} << 10U;

  struct Options {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::text;
    int fd = 2;  ///< duplicated
    std::size_t queue_bytes = kQueueBytes;
  };

  explicit Log(Options options);

  void debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
    if (enabled(LogLevel::debug)) write(LogLevel::debug, message, fields);
  }
  void info(std::string_view message, std::initializer_list<LogField> fields = {}) {
    if (enabled(LogLevel::info)) write(LogLevel::info, message, fields);
  }
  void warn(std::string_view message, std::initializer_list<LogField> fields = {}) {
    if (enabled(LogLevel::warn)) write(LogLevel::warn, message, fields);
  }
  void error(std::string_view message, std::initializer_list<LogField> fields = {}) {
    if (enabled(LogLevel::error)) write(LogLevel::error, message, fields);
  }

  [[nodiscard]] bool enabled(LogLevel level) const { return level >= level_; }

  /// Lines lost because nobody read them fast enough, or for good.
  [[nodiscard]] std::uint64_t dropped() const { return writer_.dropped(); }

  /// Waits until all that was logged is written, at most `limit`; false if time ran out.
  bool flush(Duration limit) { return writer_.flush(limit); }

 private:
  void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields);

  const LogLevel level_;
  const LogFormat format_;
  LineWriter writer_;
  LineWriter::Lane& lane_;
};

}  // namespace base
