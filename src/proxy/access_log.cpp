#include "proxy/access_log.hpp"

#include <algorithm>
#include <utility>

#include "base/try.hpp"

namespace proxy {
namespace {

// Lines are gathered so that a busy worker costs one write(2) per couple of hundred requests and
// an idle one is still read about at once.
constexpr std::size_t kMaxWakeBytes = std::size_t{64} << 10U;
constexpr auto kGatherTime = std::chrono::milliseconds(100);

base::Result<base::LineFile> open_target(const AccessLog::Options& options) {
  if (options.target == AccessLog::Target::file) return base::LineFile::open(options.file);
  return base::LineFile::duplicate(options.standard_output);
}

}  // namespace

void AccessLogBuffer::append(const AccessRecord& record) {
  if (lane_ == nullptr) return;
  if (!lane_->append(formatter_.format(record))) log_.note_loss();
}

base::Result<std::unique_ptr<AccessLog>> AccessLog::open(Options options, base::Log& log) {
  std::unique_ptr<base::LineWriter> writer;
  if (options.target != Target::off) {
    TRY(auto file, open_target(options));
    writer = std::make_unique<base::LineWriter>(
        std::move(file),
        base::LineWriter::Options{.lane_bytes = options.worker_bytes,
                                  .wake_bytes = std::min(kMaxWakeBytes, options.worker_bytes / 2),
                                  .interval = kGatherTime});
  }
  return std::unique_ptr<AccessLog>(new AccessLog(std::move(options), log, std::move(writer)));
}

AccessLog::AccessLog(Options options, base::Log& log, std::unique_ptr<base::LineWriter> writer)
    : options_(std::move(options)), log_(log), writer_(std::move(writer)) {}

std::unique_ptr<AccessLogBuffer> AccessLog::worker() {
  base::LineWriter::Lane* lane = writer_ ? &writer_->add_lane() : nullptr;
  return std::make_unique<AccessLogBuffer>(*this, lane, options_.format);
}

base::Result<void> AccessLog::reopen() {
  if (options_.target != Target::file) return {};
  TRY(auto file, base::LineFile::open(options_.file));
  writer_->replace(std::move(file));
  return {};
}

void AccessLog::note_loss() {
  if (!warn_gate_.allow(base::Clock::now())) return;
  const bool file = options_.target == Target::file;
  log_.warn("access log lines are lost: it is written too slowly, full or closed",
            {{"log", file ? std::string_view(options_.file) : "stdout"}, {"lost", dropped()}});
}

}  // namespace proxy
