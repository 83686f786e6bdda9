#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace base {

/// A value that one thread replaces whole and others read: a reader keeps the snapshot it took.
/// For what is read seldom; what every request reads is posted to the workers instead, so that the
/// hot path touches no shared count.
template <class T>
class Published {
 public:
  [[nodiscard]] std::shared_ptr<const T> load() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

  void publish(std::shared_ptr<const T> value) {
    const std::lock_guard lock(mutex_);
    value_.swap(value);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace base
