#include "metrics/cell.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "metrics/histogram.hpp"
#include "metrics/request_cells.hpp"

namespace metrics {
namespace {

TEST(Counter, Counts) {
  Counter counter;
  counter.add();
  counter.add(41);
  EXPECT_EQ(counter.value(), 42U);
}

TEST(Counter, NeverGoesBackForAReader) {
  Counter counter;
  std::atomic<bool> done = false;
  std::jthread reader([&] {
    std::uint64_t last = 0;
    while (!done) {
      const std::uint64_t now = counter.value();
      EXPECT_GE(now, last);
      last = now;
    }
  });
  for (int i = 0; i < 100'000; ++i)
    counter.add();
  done = true;
  reader.join();
  EXPECT_EQ(counter.value(), 100'000U);
}

TEST(Gauge, RisesFallsAndIsSet) {
  Gauge gauge;
  gauge.add(5);
  gauge.sub(7);
  EXPECT_EQ(gauge.value(), -2);
  gauge.set(9);
  EXPECT_EQ(gauge.value(), 9);
}

TEST(Raised, CountsOnceHoweverOftenItMoves) {
  Gauge gauge;
  {
    Raised first(gauge);
    EXPECT_EQ(gauge.value(), 1);
    const Raised second(std::move(first));
    EXPECT_EQ(gauge.value(), 1);
  }
  EXPECT_EQ(gauge.value(), 0);
}

TEST(Histogram, PutsAValueIntoTheFirstBucketThatHoldsIt) {
  static constexpr std::array kBounds = {0.1, 1.0, 10.0};
  Histogram histogram{kBounds};
  for (const double value : {0.0, 0.1, 0.100001, 1.0, 9.0, 10.0, 11.0, 1e9}) {
    histogram.observe(value);
  }
  EXPECT_EQ(histogram.bucket(0), 2U);
  EXPECT_EQ(histogram.bucket(1), 2U);
  EXPECT_EQ(histogram.bucket(2), 2U);
  EXPECT_EQ(histogram.bucket(3), 2U);
  EXPECT_DOUBLE_EQ(histogram.sum(), 0.0 + 0.1 + 0.100001 + 1 + 9 + 10 + 11 + 1e9);
}

TEST(Histogram, ItsBoundsAscend) {
  EXPECT_TRUE(std::ranges::is_sorted(kDurationBounds));
  EXPECT_TRUE(std::ranges::is_sorted(kFirstTokenBounds));
}

TEST(StatusCounts, KeepsEachAndTheRestTogether) {
  StatusCounts counts;
  for (int i = 0; i < 20; ++i)
    counts.add(400 + i);
  counts.add(400);
  counts.add(415);
  counts.add(419);
  std::map<int, std::uint64_t> seen;
  counts.for_each([&](int status, std::uint64_t n) { seen[status] = n; });
  EXPECT_EQ(seen.size(), StatusCounts::kSlots);
  EXPECT_EQ(seen[400], 2U);
  EXPECT_EQ(seen[401], 1U);
  EXPECT_EQ(seen[415], 2U);
  EXPECT_FALSE(seen.contains(416));
  EXPECT_EQ(counts.other(), 5U);
}

TEST(ErrorCounts, CountsEachCode) {
  ErrorCounts counts;
  counts.add(base::ErrorCode::bad_request);
  counts.add(base::ErrorCode::client_closed);
  counts.add(base::ErrorCode::client_closed);
  EXPECT_EQ(counts.value(base::ErrorCode::bad_request), 1U);
  EXPECT_EQ(counts.value(base::ErrorCode::client_closed), 2U);
  EXPECT_EQ(counts.value(base::ErrorCode::upstream_timeout), 0U);
}

}  // namespace
}  // namespace metrics
