#include "proxy/access_log.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/scratch_directory.hpp"

namespace proxy {
namespace {

using namespace std::chrono_literals;
using base::content;
using testing::HasSubstr;
using testing::Not;

class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe2(ends_, O_CLOEXEC), 0); }
  ~Pipe() {
    ::close(ends_[0]);
    if (ends_[1] >= 0) ::close(ends_[1]);
  }
  [[nodiscard]] int writer() const { return ends_[1]; }
  // From now on a write blocks for good.
  void fill() const {
    ::fcntl(ends_[1], F_SETFL, O_NONBLOCK);
    const std::string block(4096, '.');
    while (::write(ends_[1], block.data(), block.size()) > 0) {
    }
    ::fcntl(ends_[1], F_SETFL, 0);
  }
  [[nodiscard]] std::string read_line() const {
    std::string out;
    for (char c = 0; c != '\n' && ::read(ends_[0], &c, 1) == 1;)
      out += c;
    return out;
  }
  // What has been written; no more can be.
  [[nodiscard]] std::string read_rest() {
    ::close(std::exchange(ends_[1], -1));
    std::string out;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::read(ends_[0], buffer, sizeof buffer)) > 0;) {
      out.append(buffer, static_cast<std::size_t>(n));
    }
    return out;
  }

 private:
  int ends_[2] = {-1, -1};
};

class AccessLogTest : public testing::Test {
 protected:
  std::unique_ptr<AccessLog> open(AccessLog::Options options) {
    auto opened = AccessLog::open(std::move(options), *log_);
    EXPECT_TRUE(opened);
    return *std::move(opened);
  }

  std::unique_ptr<AccessLog> open_file() {
    return open({.target = AccessLog::Target::file, .file = path_});
  }

  // All events so far; ends the log, and no access log may be using it.
  std::string events() {
    log_.reset();
    return events_.read_rest();
  }

  static AccessRecord record(std::string_view id) {
    return {.time = base::WallClock::time_point(0s),
            .request_id = id,
            .client = "127.0.0.1",
            .method = "POST",
            .path = "/v1/embeddings",
            .model = "m",
            .backend = "b",
            .error_code = "",
            .status = 200};
  }

  // Appends until a line is lost; false if none ever is.
  static bool append_until_lost(const AccessLog& log, AccessLogBuffer& buffer) {
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (log.dropped() == 0) {
      for (int i = 0; i < 50; ++i)
        buffer.append(record("r"));
      if (std::chrono::steady_clock::now() > limit) return false;
    }
    return true;
  }

  Pipe events_;
  std::optional<base::Log> log_{
      std::in_place, base::Log::Options{.format = base::LogFormat::json, .fd = events_.writer()}};
  base::ScratchDirectory directory_;
  const std::string path_ = directory_.file("access.log");
};

TEST_F(AccessLogTest, WritesToStdoutWithoutBeingFlushed) {
  Pipe out;
  auto log = open({.standard_output = out.writer()});
  auto buffer = log->worker();
  buffer->append(record("first"));
  EXPECT_THAT(out.read_line(), HasSubstr(R"("request_id":"first")"));
  EXPECT_TRUE(log->reopen());  // means nothing here
  buffer->append(record("second"));
  EXPECT_THAT(out.read_line(), HasSubstr(R"("request_id":"second")"));
}

TEST_F(AccessLogTest, AppendsToAFileAndWritesAllBeforeItEnds) {
  std::ofstream(path_) << "before\n";
  {
    auto log = open_file();
    auto one = log->worker();
    auto two = log->worker();
    one->append(record("one"));
    two->append(record("two"));
  }
  const std::string text = content(path_);
  EXPECT_TRUE(text.starts_with("before\n"));
  EXPECT_THAT(text, HasSubstr(R"("one")"));
  EXPECT_THAT(text, HasSubstr(R"("two")"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
}

TEST_F(AccessLogTest, GoesOnInANewFileAfterRotation) {
  auto log = open_file();
  auto buffer = log->worker();
  buffer->append(record("old"));
  ASSERT_TRUE(log->flush(20s));
  std::filesystem::rename(path_, path_ + ".1");
  ASSERT_TRUE(log->reopen());
  buffer->append(record("new"));
  ASSERT_TRUE(log->flush(20s));
  EXPECT_THAT(content(path_ + ".1"), HasSubstr("old"));
  EXPECT_THAT(content(path_ + ".1"), Not(HasSubstr("new")));
  EXPECT_THAT(content(path_), HasSubstr("new"));
}

TEST_F(AccessLogTest, KeepsTheOldFileIfTheNewOneCantBeOpened) {
  auto log = open_file();
  auto buffer = log->worker();
  std::filesystem::rename(path_, path_ + ".1");
  std::filesystem::create_directory(path_);
  EXPECT_FALSE(log->reopen());
  buffer->append(record("still"));
  ASSERT_TRUE(log->flush(20s));
  EXPECT_THAT(content(path_ + ".1"), HasSubstr("still"));
}

TEST_F(AccessLogTest, SaysWhyAFileCantBeOpened) {
  const auto opened = AccessLog::open(
      {.target = AccessLog::Target::file, .file = directory_.file("no/access.log")}, *log_);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().cause, HasSubstr("No such file"));
}

TEST_F(AccessLogTest, OffWritesNothing) {
  auto log = open({.target = AccessLog::Target::off});
  auto buffer = log->worker();
  buffer->append(record("none"));
  EXPECT_TRUE(log->reopen());
  EXPECT_TRUE(log->flush(0s));
  EXPECT_EQ(log->dropped(), 0U);
}

TEST_F(AccessLogTest, APipeNobodyReadsCostsLinesAndWarnsOnce) {
  {
    const Pipe out;
    out.fill();
    auto log = open({.worker_bytes = 16384, .standard_output = out.writer()});
    auto one = log->worker();
    auto two = log->worker();
    ASSERT_TRUE(append_until_lost(*log, *one));
    for (int i = 0; i < 1000; ++i) {
      one->append(record("r"));
      two->append(record("r"));
    }
    EXPECT_GT(log->dropped(), 1000U);
    const auto start = std::chrono::steady_clock::now();
    log.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 6s);
  }
  const std::string warnings = events();
  EXPECT_THAT(warnings, HasSubstr(R"("level":"warn","message":"access log lines are lost)"));
  EXPECT_EQ(std::count(warnings.begin(), warnings.end(), '\n'), 1) << warnings;
}

TEST_F(AccessLogTest, AFullDiskCostsLinesAndIsSurvived) {
  auto log = open({.target = AccessLog::Target::file, .file = "/dev/full", .worker_bytes = 16384});
  auto buffer = log->worker();
  ASSERT_TRUE(append_until_lost(*log, *buffer));
  buffer->append(record("r"));
  EXPECT_FALSE(log->flush(100ms));
}

TEST_F(AccessLogTest, AClosedStdoutIsWarnedOf) {
  Pipe out;
  std::ignore = out.read_rest();  // closes the end that is written to
  auto log = open({.standard_output = out.writer()});
  auto buffer = log->worker();
  ASSERT_TRUE(append_until_lost(*log, *buffer));
  buffer->append(record("r"));
  log.reset();
  EXPECT_THAT(events(), HasSubstr("access log lines are lost"));
}

TEST_F(AccessLogTest, WorkersMayAppendAtOnce) {
  constexpr int kLines = 2000;
  {
    auto log = open_file();
    std::vector<std::jthread> workers;
    for (int w = 0; w < 3; ++w) {
      workers.emplace_back([buffer = log->worker()] {
        for (int i = 0; i < kLines; ++i)
          buffer->append(record("r"));
      });
    }
    workers.clear();
    EXPECT_EQ(log->dropped(), 0U);
  }
  std::ifstream in(path_);
  int lines = 0;
  for (std::string line; std::getline(in, line); ++lines) {
    ASSERT_TRUE(line.starts_with("{\"time\"") && line.ends_with("\"}")) << line;
  }
  EXPECT_EQ(lines, 3 * kLines);
}

}  // namespace
}  // namespace proxy
