#include "io/buffer.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <utility>

namespace io {

bool Budget::take(std::size_t bytes) {
  const std::size_t before = used_.fetch_add(bytes, std::memory_order_relaxed);
  if (before + bytes <= limit_) return true;
  give_back(bytes);
  return false;
}

Buffer::Buffer(Buffer&& other) noexcept
    : pool_(other.pool_),
      data_(std::move(other.data_)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  if (this == &other) return *this;
  release();
  pool_ = other.pool_;
  data_ = std::move(other.data_);
  size_ = std::exchange(other.size_, 0);
  capacity_ = std::exchange(other.capacity_, 0);
  return *this;
}

bool Buffer::reserve(std::size_t capacity) {
  if (capacity <= capacity_ && data_) return true;
  if (capacity > BufferPool::kLargest) return false;
  const std::size_t size = BufferPool::block_size(capacity);
  if (data_ && size > BufferPool::kPooled) {
    if (!pool_->grow(data_, capacity_, size)) return false;
  } else {
    Block block = pool_->take(size);
    if (!block) return false;
    if (size_ > 0) std::memcpy(block.get(), data_.get(), size_);
    if (data_) pool_->give_back(std::move(data_), capacity_);
    data_ = std::move(block);
  }
  capacity_ = size;
  return true;
}

bool Buffer::make_room() {
  if (size_ < capacity_) return true;
  const bool small = capacity_ < BufferPool::kPooled;
  return reserve(capacity_ + std::max<std::size_t>(small ? capacity_ : capacity_ / 4, 1));
}

void Buffer::release() {
  if (data_) pool_->give_back(std::move(data_), capacity_);
  size_ = capacity_ = 0;
}

void Buffer::erase(std::size_t at, std::size_t bytes) {
  const std::size_t rest = size_ - at - bytes;
  if (rest > 0 && bytes > 0) std::memmove(data_.get() + at, data_.get() + at + bytes, rest);
  size_ -= bytes;
}

// A quantum is little enough that what idle workers keep is not missing to a lone large request.
BufferPool::BufferPool(Budget& budget)
    : budget_(budget), quantum_(std::clamp(budget.limit() / 512, kSmallest, kPooled)) {}

BufferPool::~BufferPool() {
  budget_.give_back(reserved_);
}

std::size_t BufferPool::block_size(std::size_t bytes) {
  if (bytes <= kPooled) return std::bit_ceil(std::max(bytes, kSmallest));
  return (bytes + kLargeStep - 1) / kLargeStep * kLargeStep;
}

std::size_t BufferPool::class_of(std::size_t block_size) {
  return static_cast<std::size_t>(std::bit_width(block_size / kSmallest)) - 1;
}

bool BufferPool::charge(std::size_t bytes) {
  const std::size_t in_use = this->in_use() + bytes;
  if (in_use > reserved_) {
    const std::size_t needed = in_use - reserved_;
    const std::size_t quanta = (needed + quantum_ - 1) / quantum_ * quantum_;
    if (budget_.take(quanta)) {
      reserved_ += quanta;
    } else if (budget_.take(needed)) {  // the last bytes are not lost to rounding
      reserved_ += needed;
    } else {
      return false;
    }
  }
  in_use_.store(in_use, std::memory_order_relaxed);
  return true;
}

void BufferPool::discharge(std::size_t bytes) {
  const std::size_t in_use = this->in_use() - bytes;
  in_use_.store(in_use, std::memory_order_relaxed);
  const std::size_t spare = reserved_ - in_use;
  if (spare <= 2 * quantum_) return;
  // All but a little: what one worker keeps is missing to the others.
  budget_.give_back(spare - quantum_);
  reserved_ -= spare - quantum_;
}

Block BufferPool::take(std::size_t size) {
  if (!charge(size)) return nullptr;
  if (size <= kPooled && !idle_[class_of(size)].empty()) {
    Block block = std::move(idle_[class_of(size)].back());
    idle_[class_of(size)].pop_back();
    return block;
  }
  Block block(static_cast<char*>(std::malloc(size)));
  if (block) return block;
  discharge(size);
  throw std::bad_alloc();
}

bool BufferPool::grow(Block& block, std::size_t from, std::size_t to) {
  if (!charge(to - from)) return false;
  char* const larger = static_cast<char*>(std::realloc(block.get(), to));
  if (larger == nullptr) {
    discharge(to - from);
    throw std::bad_alloc();
  }
  static_cast<void>(block.release());  // realloc has freed it
  block.reset(larger);
  return true;
}

void BufferPool::give_back(Block block, std::size_t size) {
  if (size <= kPooled) {
    auto& idle = idle_[class_of(size)];
    if ((idle.size() + 1) * size <= kKeep) idle.push_back(std::move(block));
  }
  discharge(size);
}

}  // namespace io
