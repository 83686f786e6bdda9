#include "base/line_writer.hpp"

#include <chrono>
#include <fstream>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/scratch_directory.hpp"

namespace base {
namespace {

using namespace std::chrono_literals;

constexpr LineWriter::Options kQuick{
    .lane_bytes = 1U << 20U, .wake_bytes = 1U << 16U, .interval = 1ms, .retry = 1ms};

template <class Condition>
bool comes_true(Condition condition) {
  const auto limit = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe2(ends_, O_CLOEXEC), 0); }
  ~Pipe() {
    close_reader();
    ::close(ends_[1]);
  }
  [[nodiscard]] int reader() const { return ends_[0]; }
  [[nodiscard]] int writer() const { return ends_[1]; }
  void close_reader() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }
  // All until `size` bytes have come.
  [[nodiscard]] std::string read(std::size_t size) const {
    std::string out(size, '\0');
    std::size_t have = 0;
    while (have < size) {
      const ssize_t n = ::read(ends_[0], out.data() + have, size - have);
      if (n <= 0) break;
      have += static_cast<std::size_t>(n);
    }
    out.resize(have);
    return out;
  }

 private:
  int ends_[2] = {-1, -1};
};

TEST(LineWriter, WritesTheLinesOfALaneInOrder) {
  Pipe pipe;
  LineWriter writer(LineFile::duplicate(pipe.writer()), kQuick);
  LineWriter::Lane& lane = writer.add_lane();
  EXPECT_TRUE(lane.append("one\n"));
  EXPECT_TRUE(lane.append("two\n"));
  EXPECT_EQ(pipe.read(8), "one\ntwo\n");
  EXPECT_TRUE(lane.append("three\n"));
  EXPECT_EQ(pipe.read(6), "three\n");
  EXPECT_EQ(writer.dropped(), 0U);
}

TEST(LineWriter, WritesWhatIsQueuedBeforeItEnds) {
  const ScratchDirectory directory;
  const std::string path = directory.file("log");
  std::string expected;
  {
    auto options = kQuick;
    options.interval = 1h;
    LineWriter writer(*LineFile::open(path), options);
    LineWriter::Lane& lane = writer.add_lane();
    for (int i = 0; i < 1000; ++i) {
      const std::string line = std::to_string(i) + "\n";
      EXPECT_TRUE(lane.append(line));
      expected += line;
    }
  }
  EXPECT_EQ(content(path), expected);
}

TEST(LineWriter, AFullLaneIsWrittenBeforeItsInterval) {
  Pipe pipe;
  auto options = kQuick;
  options.interval = 1h;
  options.wake_bytes = 64;
  LineWriter writer(LineFile::duplicate(pipe.writer()), options);
  LineWriter::Lane& lane = writer.add_lane();
  for (int i = 0; i < 8; ++i)
    lane.append("eight..\n");
  EXPECT_EQ(pipe.read(64).size(), 64U);
}

TEST(LineWriter, APipeNobodyReadsCostsLinesNotTime) {
  Pipe pipe;
  auto options = kQuick;
  options.lane_bytes = 1U << 15U;
  auto writer = std::make_unique<LineWriter>(LineFile::duplicate(pipe.writer()), options);
  LineWriter::Lane& lane = writer->add_lane();
  const std::string line(99, 'x');
  // More than pipe, batch and lane hold together.
  EXPECT_TRUE(comes_true([&] { return !lane.append(line + "\n"); }));
  const std::uint64_t before = writer->dropped();
  EXPECT_GE(before, 1U);
  EXPECT_FALSE(lane.append(line + "\n"));
  EXPECT_EQ(writer->dropped(), before + 1);
  EXPECT_FALSE(writer->flush(100ms));

  const auto start = std::chrono::steady_clock::now();
  writer.reset();  // its thread hangs in write()
  EXPECT_LT(std::chrono::steady_clock::now() - start, LineWriter::kExitWait + 5s);
}

TEST(LineWriter, GoesOnWhenAReaderComesBack) {
  Pipe pipe;
  auto options = kQuick;
  options.lane_bytes = 1U << 15U;
  LineWriter writer(LineFile::duplicate(pipe.writer()), options);
  LineWriter::Lane& lane = writer.add_lane();
  const std::string line = std::string(99, 'x') + "\n";
  std::size_t kept = 0;
  EXPECT_TRUE(comes_true([&] {
    const bool queued = lane.append(line);
    kept += queued ? 1 : 0;
    return !queued;
  }));
  const std::string text = pipe.read(kept * line.size());
  EXPECT_EQ(text.size(), kept * line.size());
  for (std::size_t i = 0; i < kept; ++i)
    EXPECT_EQ(text.substr(i * line.size(), line.size()), line);
  // The reader has the bytes before the writer knows that they are out of its lane.
  EXPECT_TRUE(comes_true([&] { return lane.append(line); }));
  EXPECT_EQ(pipe.read(line.size()), line);
}

TEST(LineWriter, AReaderThatIsGoneIsToldByTheNextAppend) {
  Pipe pipe;
  pipe.close_reader();
  LineWriter writer(LineFile::duplicate(pipe.writer()), kQuick);  // no SIGPIPE kills this test
  LineWriter::Lane& lane = writer.add_lane();
  EXPECT_TRUE(lane.append("lost\n"));
  EXPECT_TRUE(comes_true([&] { return writer.dropped() == 1; }));
  EXPECT_FALSE(lane.append("lost too\n"));
  EXPECT_TRUE(comes_true([&] { return writer.dropped() == 2; }));
}

TEST(LineWriter, ANonBlockingPipeIsWaitedFor) {
  Pipe pipe;
  ASSERT_EQ(::fcntl(pipe.writer(), F_SETFL, O_NONBLOCK), 0);
  LineWriter writer(LineFile::duplicate(pipe.writer()), kQuick);
  LineWriter::Lane& lane = writer.add_lane();
  const std::string big = std::string(300'000, 'x') + "\n";  // several times the pipe
  EXPECT_TRUE(lane.append(big));
  EXPECT_EQ(pipe.read(big.size()), big);
}

TEST(LineWriter, AFullDeviceKeepsTheLaneBoundedAndEndsInTime) {
  auto file = LineFile::open("/dev/full");
  ASSERT_TRUE(file);
  auto options = kQuick;
  options.lane_bytes = 4096;
  LineWriter writer(*std::move(file), options);
  LineWriter::Lane& lane = writer.add_lane();
  EXPECT_TRUE(comes_true([&] { return !lane.append("0123456789\n"); }));
  EXPECT_FALSE(writer.flush(100ms));
  EXPECT_GE(writer.dropped(), 1U);
}

TEST(LineWriter, ReplacesAFileThatIsFull) {
  const ScratchDirectory directory;
  LineWriter writer(*LineFile::open("/dev/full"), kQuick);
  LineWriter::Lane& lane = writer.add_lane();
  EXPECT_TRUE(lane.append("kept\n"));
  EXPECT_FALSE(writer.flush(100ms));  // it is trying
  writer.replace(*LineFile::open(directory.file("new")));
  EXPECT_TRUE(writer.flush(20s));
  EXPECT_EQ(content(directory.file("new")), "kept\n");
}

TEST(LineWriter, KeepsLanesOfManyThreadsWhole) {
  const ScratchDirectory directory;
  const std::string path = directory.file("log");
  {
    LineWriter writer(*LineFile::open(path), kQuick);
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&lane = writer.add_lane(), t] {
        for (int i = 0; i < 2000; ++i) {
          lane.append(std::to_string(t) + " " + std::to_string(i) + "\n");
        }
      });
    }
    threads.clear();
    EXPECT_EQ(writer.dropped(), 0U);
  }
  std::ifstream in(path);
  std::vector<int> next(4, 0);
  for (int t = 0, i = 0; in >> t >> i;)
    EXPECT_EQ(i, next.at(static_cast<std::size_t>(t))++);
  EXPECT_EQ(next, std::vector<int>(4, 2000));
}

}  // namespace
}  // namespace base
