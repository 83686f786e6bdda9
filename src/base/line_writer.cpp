#include "base/line_writer.hpp"

#include <algorithm>
#include <condition_variable>
#include <optional>
#include <utility>
#include <vector>

#include "base/signal_mask.hpp"

namespace base {

struct LineWriter::State {
  State(LineFile f, Options o) : options(o), file(std::move(f)) {}

  void signal(bool now) {
    const std::lock_guard lock(mutex);
    work = true;
    urgent = urgent || now;
    wake.notify_one();
  }

  const Options options;
  LineFile file;                        // the thread's own
  std::atomic<std::uint64_t> lost = 0;  // lines taken from a lane, but never written

  std::mutex mutex;              // of all that follows; taken before a lane's
  std::condition_variable wake;  // for the thread
  std::condition_variable idle;  // for those who wait for it
  std::vector<std::unique_ptr<Lane>> lanes;
  std::optional<LineFile> replacement;
  std::uint64_t flushes_wanted = 0;
  std::uint64_t flushes_done = 0;
  bool work = false;
  bool urgent = false;
  bool stop = false;
  bool ended = false;
};

namespace {

std::uint64_t count_lines(std::string_view text) {
  return static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
}

}  // namespace

bool LineWriter::Lane::append(std::string_view line) {
  const Options& options = state_.options;
  bool whole = true;
  std::size_t before = 0;
  {
    const std::lock_guard lock(mutex_);
    const std::uint64_t lost = state_.lost.load(std::memory_order_relaxed);
    whole = std::exchange(lost_seen_, lost) == lost;
    before = queued_.size();
    if (before + line.size() > options.lane_bytes) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    queued_.append(line);
  }
  const bool enough = before < options.wake_bytes && before + line.size() >= options.wake_bytes;
  if (before == 0 || enough) state_.signal(enough);
  return whole;
}

LineWriter::LineWriter(LineFile file, Options options)
    : state_(std::make_shared<State>(std::move(file), options)) {
  const AllSignalsBlocked blocked;
  thread_ = std::thread(run, state_);
}

LineWriter::~LineWriter() {
  bool ended = false;
  {
    std::unique_lock lock(state_->mutex);
    state_->stop = true;
    state_->wake.notify_one();
    ended = state_->idle.wait_for(lock, kExitWait, [this] { return state_->ended; });
  }
  if (ended) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

LineWriter::Lane& LineWriter::add_lane() {
  const std::lock_guard lock(state_->mutex);
  return *state_->lanes.emplace_back(std::make_unique<Lane>(*state_));
}

void LineWriter::replace(LineFile file) {
  const std::lock_guard lock(state_->mutex);
  state_->replacement = std::move(file);
  state_->work = true;
  state_->wake.notify_one();
}

bool LineWriter::flush(Duration limit) {
  std::unique_lock lock(state_->mutex);
  const std::uint64_t ticket = ++state_->flushes_wanted;
  state_->work = state_->urgent = true;
  state_->wake.notify_one();
  return state_->idle.wait_for(lock, limit, [&] { return state_->flushes_done >= ticket; });
}

std::uint64_t LineWriter::dropped() const {
  const std::lock_guard lock(state_->mutex);
  std::uint64_t sum = state_->lost.load(std::memory_order_relaxed);
  for (const auto& lane : state_->lanes)
    sum += lane->dropped_.load(std::memory_order_relaxed);
  return sum;
}

void LineWriter::run(const std::shared_ptr<State>& state) {
  State& s = *state;
  std::string batch;
  std::vector<Lane*> lanes;
  std::unique_lock lock(s.mutex);
  for (bool last = false; !last;) {
    s.wake.wait(lock, [&] { return s.work || s.stop; });
    s.wake.wait_for(lock, s.options.interval, [&] { return s.urgent || s.stop; });
    s.work = s.urgent = false;
    last = s.stop;
    const std::uint64_t ticket = s.flushes_wanted;
    lanes.clear();
    for (const auto& lane : s.lanes)
      lanes.push_back(lane.get());
    take_replacement(s);
    lock.unlock();
    for (Lane* lane : lanes) {
      batch.clear();
      {
        const std::lock_guard swap(lane->mutex_);
        batch.swap(lane->queued_);
      }
      write_batch(s, batch);
      // What a stall has blown up goes back to the system.
      if (batch.capacity() > 4 * s.options.wake_bytes) batch = {};
    }
    lock.lock();
    s.flushes_done = ticket;
    s.ended = last;
    s.idle.notify_all();
  }
}

bool LineWriter::take_replacement(State& s) {
  if (!s.replacement) return false;
  s.file = *std::move(s.replacement);
  s.replacement.reset();
  return true;
}

void LineWriter::write_batch(State& s, std::string_view batch) {
  std::size_t offset = 0;
  for (bool last = false;;) {
    const LineFile::Outcome outcome = s.file.write(batch, offset);
    if (outcome == LineFile::Outcome::written) return;
    if (outcome == LineFile::Outcome::lost || last) break;

    std::unique_lock lock(s.mutex);
    s.wake.wait_for(lock, s.options.retry, [&] { return s.stop || s.replacement; });
    last = s.stop;
    // The new file gets the whole of the line that the old one could not hold.
    if (take_replacement(s) && offset > 0) offset = batch.rfind('\n', offset - 1) + 1;
  }
  s.lost.fetch_add(count_lines(batch.substr(offset)), std::memory_order_relaxed);
}

}  // namespace base
