#include "io/frame_pool.hpp"

#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

// Under a sanitizer all frames come from the heap, and what is tested is that none is lost, freed
// twice or too small; that frames are used again shows in a build without one.

namespace io {
namespace {

constexpr std::size_t kSizes[] = {1,
                                  FramePool::kStep - 1,
                                  FramePool::kStep,
                                  FramePool::kStep + 1,
                                  FramePool::kLargest - 1,
                                  FramePool::kLargest,
                                  FramePool::kLargest + 1,
                                  10 * FramePool::kLargest};

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LR_PLAIN_FRAMES 1
#endif
#endif

TEST(FramePool, FramesAreWholeAndApart) {
  for (int round = 0; round < 3; ++round) {
    std::vector<unsigned char*> frames;
    for (const std::size_t size : kSizes) {
      auto* const frame = static_cast<unsigned char*>(FramePool::allocate(size));
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(frame) % alignof(std::max_align_t), 0U);
      std::memset(frame, static_cast<int>(frames.size() + 1), size);
      frames.push_back(frame);
    }
    for (std::size_t i = 0; i < frames.size(); ++i) {
      EXPECT_EQ(frames[i][0], i + 1) << kSizes[i];
      EXPECT_EQ(frames[i][kSizes[i] - 1], i + 1) << kSizes[i];
      FramePool::release(frames[i], kSizes[i]);
    }
  }
}

TEST(FramePool, MoreThanIsKeptIsFreed) {
  std::vector<void*> frames;
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < 2 * FramePool::kKeptPerSize; ++i)
      frames.push_back(FramePool::allocate(FramePool::kStep));
    EXPECT_EQ(std::set(frames.begin(), frames.end()).size(), frames.size());
    for (void* const frame : frames)
      FramePool::release(frame, FramePool::kStep);
    frames.clear();
  }
}

TEST(FramePool, AFrameMayBeFreedByAnotherThread) {
  void* const frame = FramePool::allocate(FramePool::kStep);
  std::thread([frame] { FramePool::release(frame, FramePool::kStep); }).join();
}

#ifndef LR_PLAIN_FRAMES
TEST(FramePool, AFrameServesTheNextOfItsSize) {
  void* const first = FramePool::allocate(FramePool::kStep + 1);
  FramePool::release(first, FramePool::kStep + 1);
  void* const smaller = FramePool::allocate(FramePool::kStep);
  EXPECT_NE(smaller, first);
  void* const same_step = FramePool::allocate(2 * FramePool::kStep);
  EXPECT_EQ(same_step, first);
  FramePool::release(smaller, FramePool::kStep);
  FramePool::release(same_step, 2 * FramePool::kStep);
}
#endif

}  // namespace
}  // namespace io
