#include "base/rfc3339.hpp"

#include <string>

#include <gtest/gtest.h>

namespace base {
namespace {

WallClock::time_point at_milliseconds(std::int64_t ms) {
  return WallClock::time_point(std::chrono::milliseconds(ms));
}

std::string text(Rfc3339& clock, std::int64_t ms) {
  std::string out(Rfc3339::kLength, '?');
  EXPECT_EQ(clock.write(out.data(), at_milliseconds(ms)), out.data() + out.size());
  return out;
}

TEST(Rfc3339, WritesUtcWithMilliseconds) {
  Rfc3339 clock;
  EXPECT_EQ(text(clock, 0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(text(clock, 1'795'451'005'042), "2026-11-23T16:23:25.042Z");
  EXPECT_EQ(text(clock, 951'782'399'999), "2000-02-28T23:59:59.999Z");
  EXPECT_EQ(text(clock, 951'782'400'000), "2000-02-29T00:00:00.000Z");
}

TEST(Rfc3339, KeepsNoStaleSecondWhenTimeJumps) {
  Rfc3339 clock;
  EXPECT_EQ(text(clock, 1'000'999), "1970-01-01T00:16:40.999Z");
  EXPECT_EQ(text(clock, 1'000'001), "1970-01-01T00:16:40.001Z");
  EXPECT_EQ(text(clock, 1'001'000), "1970-01-01T00:16:41.000Z");
  EXPECT_EQ(text(clock, 5), "1970-01-01T00:00:00.005Z");
}

TEST(Rfc3339, TimesBeforeTheEpoch) {
  Rfc3339 clock;
  EXPECT_EQ(text(clock, -1), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace base
