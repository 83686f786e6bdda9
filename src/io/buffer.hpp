#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace io {

/// The bytes that all buffers of all workers may hold together. Shared; workers take from it in
/// quanta, so that the hot path touches no contended counter.
class Budget {
 public:
  explicit Budget(std::size_t limit) : limit_(limit) {}
  bool take(std::size_t bytes);
  void give_back(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  [[nodiscard]] std::size_t limit() const { return limit_; }
  [[nodiscard]] std::size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  std::size_t limit_;
  std::atomic<std::size_t> used_ = 0;
};

class BufferPool;

/// A block of bytes borrowed from a worker's pool: [0, size) is filled, [size, capacity) is room.
/// Empty until the first reserve(). Worker-local; gives its memory back when destroyed, and must
/// not outlive the pool.
class Buffer {
 public:
  explicit Buffer(BufferPool& pool) : pool_(&pool) {}
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { release(); }

  /// Makes room for `capacity` bytes in all, keeping what is filled; the bytes may move. False if
  /// the budget is used up: nothing has changed then.
  [[nodiscard]] bool reserve(std::size_t capacity);
  /// Makes at least some room: doubles the capacity if there is none.
  [[nodiscard]] bool make_room() { return size_ < capacity_ || reserve(capacity_ * 2); }
  void release();

  [[nodiscard]] char* data() { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::string_view view() const { return {data_.get(), size_}; }
  [[nodiscard]] std::span<char> room() { return {data_.get() + size_, capacity_ - size_}; }

  void add(std::size_t bytes) { size_ += bytes; }
  void resize(std::size_t bytes) { size_ = bytes; }
  /// Drops `bytes` from the front; the rest moves there.
  void consume(std::size_t bytes) { erase(0, bytes); }
  /// Drops `bytes` from `at` on; the rest moves there.
  void erase(std::size_t at, std::size_t bytes);

 private:
  BufferPool* pool_;
  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// One worker's stock of blocks in sizes of powers of two, and its share of the budget.
class BufferPool {
 public:
  static constexpr std::size_t kSmallest = std::size_t{16} << 10;

  explicit BufferPool(Budget& budget);
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  /// Bytes lent out now. Any thread.
  [[nodiscard]] std::size_t in_use() const { return in_use_.load(std::memory_order_relaxed); }

 private:
  friend class Buffer;
  static constexpr int kClasses = 20;                         // 16 KiB … 8 GiB
  static constexpr std::size_t kKeep = std::size_t{1} << 20;  // idle bytes kept per class

  static int class_of(std::size_t bytes);
  std::unique_ptr<char[]> take(int size_class);
  void give_back(std::unique_ptr<char[]> block, int size_class);

  Budget& budget_;
  std::size_t quantum_;
  std::size_t reserved_ = 0;
  std::atomic<std::size_t> in_use_ = 0;  ///< written by the worker alone
  std::array<std::vector<std::unique_ptr<char[]>>, kClasses> idle_;
};

}  // namespace io
