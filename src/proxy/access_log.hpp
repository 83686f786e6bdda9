#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/line_writer.hpp"
#include "base/log.hpp"
#include "base/rate_gate.hpp"
#include "base/time.hpp"
#include "proxy/access_line.hpp"

namespace proxy {

class AccessLog;

/// A worker's end of the access log. Worker-local; lives as long as the log that made it.
class AccessLogBuffer {
 public:
  AccessLogBuffer(AccessLog& log, base::LineWriter::Lane* lane, base::LogFormat format)
      : log_(log), lane_(lane), formatter_(format) {}

  /// Queues the line of one request; never blocks, never allocates in the ordinary case.
  void append(const AccessRecord& record);

 private:
  AccessLog& log_;
  base::LineWriter::Lane* lane_;  // null: the log is off
  AccessLineFormatter formatter_;
};

/// One line per request, to stdout or a file, written off the data path.
///
/// Owned by main, made before the workers and ended after them; shared: worker() and reopen() may
/// be called from any thread. Rule R5: a full disk, a blocked pipe or a slow disk costs lines,
/// which are counted and warned of once a minute; it never blocks a worker. Lines reach the
/// descriptor at most about 100 ms late; what is queued at the end is written within a second or
/// lost.
class AccessLog {
 public:
  enum class Target : std::uint8_t { off, standard_output, file };

  struct Options {
    Target target = Target::standard_output;
    std::string file = {};
    base::LogFormat format = base::LogFormat::json;
    std::size_t worker_bytes = std::size_t{1} << 20U;  ///< queued per worker at most
    int standard_output = 1;                           ///< duplicated
  };

  /// Opens the target. `log` outlives the result.
  static base::Result<std::unique_ptr<AccessLog>> open(Options options, base::Log& log);

  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  /// A buffer for one worker.
  std::unique_ptr<AccessLogBuffer> worker();

  /// After the file has been moved away (SIGUSR1): goes on in a new file of the same name. On an
  /// error the old one stays in use. Nothing to do for stdout.
  base::Result<void> reopen();

  /// Lines lost since the start.
  [[nodiscard]] std::uint64_t dropped() const { return writer_ ? writer_->dropped() : 0; }

  /// Waits until all that is queued is written, at most `limit`; false if time ran out.
  bool flush(base::Duration limit) { return !writer_ || writer_->flush(limit); }

 private:
  friend class AccessLogBuffer;

  AccessLog(Options options, base::Log& log, std::unique_ptr<base::LineWriter> writer);

  void note_loss();

  const Options options_;
  base::Log& log_;
  base::RateGate warn_gate_{std::chrono::minutes(1)};
  std::unique_ptr<base::LineWriter> writer_;  // null: off
};

}  // namespace proxy
