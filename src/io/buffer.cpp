#include "io/buffer.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
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
  const int size_class = BufferPool::class_of(capacity);
  auto block = pool_->take(size_class);
  if (!block) return false;
  if (size_ > 0) std::memcpy(block.get(), data_.get(), size_);
  if (data_) pool_->give_back(std::move(data_), BufferPool::class_of(capacity_));
  data_ = std::move(block);
  capacity_ = BufferPool::kSmallest << size_class;
  return true;
}

void Buffer::release() {
  if (data_) pool_->give_back(std::move(data_), BufferPool::class_of(capacity_));
  size_ = capacity_ = 0;
}

void Buffer::erase(std::size_t at, std::size_t bytes) {
  const std::size_t rest = size_ - at - bytes;
  if (rest > 0 && bytes > 0) std::memmove(data_.get() + at, data_.get() + at + bytes, rest);
  size_ -= bytes;
}

BufferPool::BufferPool(Budget& budget)
    : budget_(budget), quantum_(std::clamp(budget.limit() / 64, kSmallest, std::size_t{1} << 20)) {}

BufferPool::~BufferPool() {
  budget_.give_back(reserved_);
}

int BufferPool::class_of(std::size_t bytes) {
  return bytes <= kSmallest ? 0 : static_cast<int>(std::bit_width((bytes - 1) / kSmallest));
}

std::unique_ptr<char[]> BufferPool::take(int size_class) {
  if (size_class >= kClasses) return nullptr;
  const std::size_t bytes = kSmallest << size_class;
  const std::size_t in_use = this->in_use() + bytes;
  if (in_use > reserved_) {
    const std::size_t needed = in_use - reserved_;
    const std::size_t quanta = (needed + quantum_ - 1) / quantum_ * quantum_;
    if (budget_.take(quanta)) {
      reserved_ += quanta;
    } else if (budget_.take(needed)) {  // the last bytes are not lost to rounding
      reserved_ += needed;
    } else {
      return nullptr;
    }
  }
  in_use_.store(in_use, std::memory_order_relaxed);
  auto& idle = idle_[static_cast<std::size_t>(size_class)];
  if (idle.empty()) return std::make_unique_for_overwrite<char[]>(bytes);
  auto block = std::move(idle.back());
  idle.pop_back();
  return block;
}

void BufferPool::give_back(std::unique_ptr<char[]> block, int size_class) {
  const std::size_t bytes = kSmallest << size_class;
  const std::size_t in_use = this->in_use() - bytes;
  in_use_.store(in_use, std::memory_order_relaxed);
  auto& idle = idle_[static_cast<std::size_t>(size_class)];
  if ((idle.size() + 1) * bytes <= kKeep) idle.push_back(std::move(block));
  const std::size_t spare = reserved_ - in_use;
  if (spare <= 2 * quantum_) return;
  // All but a little: what one worker keeps is missing to the others.
  budget_.give_back(spare - quantum_);
  reserved_ -= spare - quantum_;
}

}  // namespace io
