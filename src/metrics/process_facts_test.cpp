#include "metrics/process_facts.hpp"

#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace metrics {
namespace {

TEST(ProcessFacts, DescriptorsAreCounted) {
  const std::uint64_t before = read_process_facts().open_fds;
  std::vector<int> opened;
  for (int i = 0; i < 7; ++i)
    opened.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(read_process_facts().open_fds, before + 7);
  for (const int fd : opened)
    ::close(fd);
  EXPECT_EQ(read_process_facts().open_fds, before) << "reading them leaves none behind";
}

TEST(ProcessFacts, TheLimitIsTheSoftOne) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(read_process_facts().max_fds, limit.rlim_cur);
}

TEST(ProcessFacts, MemoryAndTimeAreInBytesAndSeconds) {
  const ProcessFacts facts = read_process_facts();
  EXPECT_GT(facts.resident_bytes, 1U << 20U);
  EXPECT_GE(facts.virtual_bytes, facts.resident_bytes);
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const double used = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                      static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  EXPECT_LE(facts.cpu_seconds, used + 0.05);
  EXPECT_GE(facts.cpu_seconds, used - 0.05);
}

}  // namespace
}  // namespace metrics
