#pragma once

#include <cstddef>

namespace io {

/// Memory of coroutine frames. A request is some twenty of them, of few sizes, each freed soon
/// after on the same thread: a list per size is ten times cheaper than the heap, and keeps frames
/// of many sizes from splitting and merging its blocks. Lists are thread-local and hold at most
/// kKeptPerSize frames each; larger frames than kLargest go to the heap. Under a sanitizer all do,
/// so that a use after free is seen.
class FramePool {
 public:
  static constexpr std::size_t kStep = 128;
  static constexpr std::size_t kLargest = 4096;
  static constexpr std::size_t kKeptPerSize = 256;

  static void* allocate(std::size_t bytes);
  static void release(void* frame, std::size_t bytes) noexcept;
};

}  // namespace io
