#include "io/frame_pool.hpp"

#include <array>
#include <new>

namespace io {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LR_PLAIN_FRAMES 1
#endif
#endif

struct FreeFrame {
  FreeFrame* next;
};

class FreeList {
 public:
  FreeList() = default;
  FreeList(const FreeList&) = delete;
  FreeList& operator=(const FreeList&) = delete;
  ~FreeList() {
    while (void* frame = take())
      ::operator delete(frame);
  }

  void* take() {
    if (first_ == nullptr) return nullptr;
    FreeFrame* const frame = first_;
    first_ = frame->next;
    --count_;
    return frame;
  }

  bool keep(void* frame) {
    if (count_ == FramePool::kKeptPerSize) return false;
    first_ = ::new (frame) FreeFrame{first_};
    ++count_;
    return true;
  }

 private:
  FreeFrame* first_ = nullptr;
  std::size_t count_ = 0;
};

std::size_t class_of(std::size_t bytes) {
  return (bytes - 1) / FramePool::kStep;
}

FreeList* list_of(std::size_t bytes) {
#ifdef LR_PLAIN_FRAMES
  static_cast<void>(bytes);
  return nullptr;
#else
  static thread_local std::array<FreeList, FramePool::kLargest / FramePool::kStep> lists;
  return bytes <= FramePool::kLargest ? &lists[class_of(bytes)] : nullptr;
#endif
}

}  // namespace

void* FramePool::allocate(std::size_t bytes) {
  FreeList* const list = list_of(bytes);
  if (list == nullptr) return ::operator new(bytes);
  if (void* const frame = list->take()) return frame;
  return ::operator new((class_of(bytes) + 1) * kStep);
}

void FramePool::release(void* frame, std::size_t bytes) noexcept {
  FreeList* const list = list_of(bytes);
  if (list == nullptr || !list->keep(frame)) ::operator delete(frame);
}

}  // namespace io
