#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
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

/// For what comes from malloc(3), so that a large block can grow in its place.
struct FreeBlock {
  void operator()(char* block) const { std::free(block); }
};
using Block = std::unique_ptr<char[], FreeBlock>;

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
  /// Makes at least some room if there is none: doubles a small block, adds a quarter to a large.
  [[nodiscard]] bool make_room();
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
  Block data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// One worker's blocks, and its share of the budget. Up to kPooled they are powers of two and kept
/// for the next; larger ones have the size that is needed and grow where they are (realloc(3)), so
/// that a large body counts for little more than its length. Where the heap has to move one, both
/// places exist for the moment of the copy: one block a worker, not counted.
class BufferPool {
 public:
  static constexpr std::size_t kSmallest = std::size_t{16} << 10;
  static constexpr std::size_t kPooled = std::size_t{1} << 20;
  static constexpr std::size_t kLargest = std::size_t{8} << 30;

  explicit BufferPool(Budget& budget);
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  /// Bytes lent out now. Any thread.
  [[nodiscard]] std::size_t in_use() const { return in_use_.load(std::memory_order_relaxed); }

 private:
  friend class Buffer;
  static constexpr int kClasses = 7;                          // 16 KiB … 1 MiB
  static constexpr std::size_t kKeep = std::size_t{1} << 20;  // idle bytes kept per class
  static constexpr std::size_t kLargeStep = std::size_t{64} << 10;

  /// The size of the block for that many bytes.
  static std::size_t block_size(std::size_t bytes);
  static std::size_t class_of(std::size_t block_size);
  /// Null, or false, if the budget is used up. Sizes are those of blocks.
  Block take(std::size_t size);
  bool grow(Block& block, std::size_t from, std::size_t to);
  void give_back(Block block, std::size_t size);
  bool charge(std::size_t bytes);
  void discharge(std::size_t bytes);

  Budget& budget_;
  std::size_t quantum_;
  std::size_t reserved_ = 0;
  std::atomic<std::size_t> in_use_ = 0;  ///< written by the worker alone
  std::array<std::vector<Block>, kClasses> idle_;
};

}  // namespace io
