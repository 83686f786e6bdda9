#include "io/buffer.hpp"

#include <cstring>
#include <string>

#include <gtest/gtest.h>

namespace io {
namespace {

constexpr std::size_t kBlock = BufferPool::kSmallest;
constexpr std::size_t kMiB = std::size_t{1} << 20U;

void fill(Buffer& buffer, std::string_view text) {
  ASSERT_GE(buffer.room().size(), text.size());
  std::memcpy(buffer.room().data(), text.data(), text.size());
  buffer.add(text.size());
}

TEST(Budget, IsExact) {
  Budget budget(100);
  EXPECT_TRUE(budget.take(60));
  EXPECT_TRUE(budget.take(40));
  EXPECT_FALSE(budget.take(1));
  EXPECT_EQ(budget.used(), 100U);
  budget.give_back(1);
  EXPECT_FALSE(budget.take(2));
  EXPECT_EQ(budget.used(), 99U);
  EXPECT_TRUE(budget.take(1));
}

TEST(Buffer, HoldsNothingUntilReserved) {
  Budget budget(kMiB);
  BufferPool pool(budget);
  const Buffer buffer(pool);
  EXPECT_EQ(buffer.capacity(), 0U);
  EXPECT_TRUE(buffer.empty());
  EXPECT_TRUE(buffer.view().empty());
  EXPECT_EQ(pool.in_use(), 0U);
  EXPECT_EQ(budget.used(), 0U);
}

TEST(Buffer, GrowsInPowersOfTwoAndKeepsItsBytes) {
  Budget budget(kMiB);
  BufferPool pool(budget);
  Buffer buffer(pool);
  ASSERT_TRUE(buffer.reserve(1));
  EXPECT_EQ(buffer.capacity(), kBlock);
  const std::string text(kBlock, 'a');
  fill(buffer, text);
  ASSERT_TRUE(buffer.make_room());
  EXPECT_EQ(buffer.capacity(), 2 * kBlock);
  EXPECT_EQ(buffer.view(), text);
  ASSERT_TRUE(buffer.reserve(2 * kBlock + 1));
  EXPECT_EQ(buffer.capacity(), 4 * kBlock);
  EXPECT_EQ(buffer.view(), text);
  EXPECT_EQ(pool.in_use(), 4 * kBlock);
  ASSERT_TRUE(buffer.reserve(10));
  EXPECT_EQ(buffer.capacity(), 4 * kBlock);
}

TEST(Buffer, ALargeOneHasTheSizeThatIsNeededAndGrowsWithinIt) {
  Budget budget(20 * kMiB);
  BufferPool pool(budget);
  Buffer buffer(pool);
  std::string text;
  for (const std::size_t size : {kMiB, 4 * kMiB, 16 * kMiB, 19 * kMiB + 1}) {
    ASSERT_TRUE(buffer.reserve(size)) << size;
    fill(buffer, std::string(size - text.size(), static_cast<char>('a' + text.size() % 7)));
    text.append(size - text.size(), static_cast<char>('a' + text.size() % 7));
    EXPECT_EQ(buffer.view(), text);
    EXPECT_LE(buffer.capacity(), size + 64 * 1024);
    EXPECT_EQ(pool.in_use(), buffer.capacity());
  }
  EXPECT_FALSE(buffer.reserve(20 * kMiB + 1));
  EXPECT_EQ(buffer.view(), text);
  buffer.release();
  EXPECT_EQ(pool.in_use(), 0U);
  EXPECT_LE(budget.used(), kMiB);
}

TEST(Buffer, GrowsByAQuarterWhereNobodyKnowsTheEnd) {
  Budget budget(20 * kMiB);
  BufferPool pool(budget);
  Buffer buffer(pool);
  while (buffer.size() < 15 * kMiB) {
    ASSERT_TRUE(buffer.make_room()) << buffer.size();
    buffer.add(buffer.room().size());
  }
  EXPECT_LE(buffer.capacity(), 15 * kMiB + 15 * kMiB / 4 + 64 * 1024);
}

TEST(Buffer, ConsumesFromTheFront) {
  Budget budget(kMiB);
  BufferPool pool(budget);
  Buffer buffer(pool);
  ASSERT_TRUE(buffer.reserve(1));
  fill(buffer, "onetwo");
  buffer.consume(3);
  EXPECT_EQ(buffer.view(), "two");
  buffer.consume(0);
  buffer.consume(3);
  EXPECT_TRUE(buffer.empty());
}

TEST(Buffer, MovesWithItsBytes) {
  Budget budget(kMiB);
  BufferPool pool(budget);
  Buffer first(pool);
  ASSERT_TRUE(first.reserve(1));
  fill(first, "text");
  Buffer second(std::move(first));
  EXPECT_EQ(second.view(), "text");
  Buffer third(pool);
  ASSERT_TRUE(third.reserve(1));
  EXPECT_EQ(pool.in_use(), 2 * kBlock);
  third = std::move(second);
  EXPECT_EQ(third.view(), "text");
  EXPECT_EQ(pool.in_use(), kBlock);
}

TEST(BufferPool, RefusesAtTheLimitAndChangesNothing) {
  Budget budget(4 * kBlock);
  BufferPool pool(budget);
  Buffer first(pool);
  Buffer second(pool);
  ASSERT_TRUE(first.reserve(2 * kBlock));
  ASSERT_TRUE(second.reserve(kBlock));
  fill(second, "kept");
  EXPECT_FALSE(second.reserve(2 * kBlock));  // needs the old block while it copies
  EXPECT_EQ(second.view(), "kept");
  EXPECT_EQ(second.capacity(), kBlock);
  EXPECT_LE(budget.used(), budget.limit());
  first.release();
  EXPECT_TRUE(second.reserve(2 * kBlock));
  EXPECT_EQ(second.view(), "kept");
}

TEST(BufferPool, ReachesTheLastByteOfTheBudget) {
  Budget budget(4 * kBlock + 1);
  BufferPool pool(budget);
  Buffer all(pool);
  EXPECT_TRUE(all.reserve(4 * kBlock));
  Buffer more(pool);
  EXPECT_FALSE(more.reserve(1));
}

TEST(BufferPool, RefusesWhatNoBlockCanHold) {
  Budget budget(~std::size_t{0} / 2);
  BufferPool pool(budget);
  Buffer buffer(pool);
  EXPECT_FALSE(buffer.reserve((std::size_t{16} << 30U) + 1));
}

TEST(BufferPool, TakesFromTheBudgetInQuanta) {
  Budget budget(512 * kMiB);
  BufferPool pool(budget);
  Buffer first(pool);
  ASSERT_TRUE(first.reserve(1));
  const std::size_t quantum = budget.used();
  EXPECT_EQ(quantum, kMiB);
  Buffer second(pool);
  ASSERT_TRUE(second.reserve(1));
  EXPECT_EQ(budget.used(), quantum);
}

// Else a worker that once held much would keep it from the others.
TEST(BufferPool, GivesBackAllButALittleWhenABigBlockIsReleased) {
  Budget budget(64 * kMiB);
  BufferPool pool(budget);
  Buffer big(pool);
  ASSERT_TRUE(big.reserve(32 * kMiB));
  EXPECT_EQ(budget.used(), 32 * kMiB);
  big.release();
  EXPECT_LE(budget.used(), kMiB);
  BufferPool other(budget);
  Buffer theirs(other);
  EXPECT_TRUE(theirs.reserve(32 * kMiB));
}

TEST(BufferPool, GivesBackEverythingAtItsEnd) {
  Budget budget(64 * kMiB);
  {
    BufferPool pool(budget);
    Buffer buffer(pool);
    ASSERT_TRUE(buffer.reserve(3 * kMiB));
  }
  EXPECT_EQ(budget.used(), 0U);
}

TEST(BufferPool, BlocksAreUsedAgain) {
  Budget budget(64 * kMiB);
  BufferPool pool(budget);
  Buffer buffer(pool);
  ASSERT_TRUE(buffer.reserve(1));
  const char* const block = buffer.data();
  buffer.release();
  ASSERT_TRUE(buffer.reserve(1));
  EXPECT_EQ(buffer.data(), block);
}

}  // namespace
}  // namespace io
