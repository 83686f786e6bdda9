#include "base/log.hpp"

#include <limits>
#include <regex>
#include <string>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace base {
namespace {

using namespace std::chrono_literals;

// What a log with these options has written once `use` is done.
template <class Use>
std::string logged(LogLevel level, LogFormat format, Use use) {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  {
    Log log({.level = level, .format = format, .fd = ends[1]});
    use(log);
    EXPECT_TRUE(log.flush(20s));
    EXPECT_EQ(log.dropped(), 0U);
  }
  ::close(ends[1]);
  std::string out;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    out.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  return out;
}

const std::string kTime = R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)";

TEST(Log, WritesJson) {
  const std::string line = logged(LogLevel::info, LogFormat::json, [](Log& log) {
    const std::string backend = "b\"1\n";
    log.warn("backend is down", {{"backend", backend},
                                 {"attempts", 3},
                                 {"bytes", std::uint64_t{18'446'744'073'709'551'615U}},
                                 {"delta", -5L},
                                 {"seconds", 0.25},
                                 {"suspect", true},
                                 {"nan", std::numeric_limits<double>::quiet_NaN()},
                                 {"literal", "x"}});
  });
  const std::regex expected(
      "\\{\"time\":\"" + kTime +
      R"(","level":"warn","message":"backend is down","backend":"b\\"1\\n","attempts":3,)"
      R"("bytes":18446744073709551615,"delta":-5,"seconds":0\.25,"suspect":true,"nan":null,)"
      "\"literal\":\"x\"\\}\n");
  EXPECT_TRUE(std::regex_match(line, expected)) << line;
}

TEST(Log, WritesText) {
  const std::string line = logged(LogLevel::info, LogFormat::text, [](Log& log) {
    log.error("can't \"listen\"\n", {{"address", "0.0.0.0:80"}, {"why", "in use"}, {"n", 1U}});
  });
  const std::regex expected(
      kTime + R"( ERROR can't "listen"\\n address=0\.0\.0\.0:80 why="in use" n=1)" + "\n");
  EXPECT_TRUE(std::regex_match(line, expected)) << line;
}

TEST(Log, SaysNothingBelowItsLevel) {
  const auto say_all = [](Log& log) {
    log.debug("d");
    log.info("i");
    log.warn("w");
    log.error("e");
  };
  const auto lines = [&](LogLevel level) {
    const std::string text = logged(level, LogFormat::text, say_all);
    return std::count(text.begin(), text.end(), '\n');
  };
  EXPECT_EQ(lines(LogLevel::debug), 4);
  EXPECT_EQ(lines(LogLevel::info), 3);
  EXPECT_EQ(lines(LogLevel::warn), 2);
  EXPECT_EQ(lines(LogLevel::error), 1);
  EXPECT_EQ(lines(LogLevel::off), 0);
}

TEST(Log, CutsLongValues) {
  const std::string line = logged(LogLevel::info, LogFormat::json, [](Log& log) {
    log.info(std::string(5000, 'm'), {{"key", std::string(5000, 'v')}});
  });
  EXPECT_EQ(std::count(line.begin(), line.end(), 'v'), 2048 + 1);  // one in "level"
  EXPECT_LT(line.size(), 2 * 2048 + 200);
  EXPECT_TRUE(line.ends_with("\u2026\"}\n")) << line;
}

TEST(Log, AStderrThatNobodyReadsDropsAndCounts) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ASSERT_EQ(::fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
  {
    Log log({.fd = ends[1], .queue_bytes = 4096});
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (log.dropped() == 0 && std::chrono::steady_clock::now() < limit)
      log.info("anyone?");
    EXPECT_GT(log.dropped(), 0U);
  }
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(LogLevels, AreReadFromPlainNamesAndRustLog) {
  EXPECT_EQ(parse_log_level("info"), LogLevel::info);
  EXPECT_EQ(parse_log_level(" WARN "), LogLevel::warn);
  EXPECT_EQ(parse_log_level("warning"), LogLevel::warn);
  EXPECT_EQ(parse_log_level("trace"), LogLevel::debug);
  EXPECT_EQ(parse_log_level("off"), LogLevel::off);
  EXPECT_EQ(parse_log_level("llm_router=debug"), LogLevel::debug);
  EXPECT_EQ(parse_log_level("llm-router=error"), LogLevel::error);
  EXPECT_EQ(parse_log_level("warn,foo=debug"), LogLevel::warn);
  EXPECT_EQ(parse_log_level("foo=debug,error"), LogLevel::error);
  EXPECT_EQ(parse_log_level("warn,llm_router=debug,hyper=off"), LogLevel::debug);
  EXPECT_EQ(parse_log_level("hyper=debug"), std::nullopt);
  EXPECT_EQ(parse_log_level("loud"), std::nullopt);
  EXPECT_EQ(parse_log_level(""), std::nullopt);
  EXPECT_EQ(parse_log_level(",,="), std::nullopt);
}

TEST(LogLevels, HaveNames) {
  for (const auto level :
       {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error, LogLevel::off}) {
    EXPECT_EQ(parse_log_level(to_string(level)), level);
  }
}

}  // namespace
}  // namespace base
