#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/header_id.hpp"

namespace http {

/// One field of a head; views into the buffer that was parsed, blanks around the value removed.
struct Header {
  std::string_view name;
  std::string_view value;
  HeaderId id = HeaderId::other;
};

/// The fields of one head, in order, without copies: it keeps offsets into the caller's buffer,
/// so that after the buffer has moved one `rebase()` makes every view right again.
/// Owner: the head that it is part of. Worker-local. Valid as long as the buffer's head bytes.
class Headers {
 public:
  static constexpr std::size_t kCapacity = 100;
  static constexpr std::size_t kMaxNameSize = 255;

  /// Where a field stands, relative to the first byte of the head.
  struct Field {
    std::uint32_t name_at;
    std::uint32_t value_at;
    std::uint32_t value_size;
    std::uint16_t name_size;
    HeaderId id;
  };

  class Iterator {
   public:
    using value_type = Header;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Iterator(const char* base, const Field* field) : base_(base), field_(field) {}
    Header operator*() const { return view(base_, *field_); }
    Iterator& operator++() {
      ++field_;
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++field_;
      return before;
    }
    bool operator==(const Iterator& other) const { return field_ == other.field_; }

   private:
    const char* base_ = nullptr;
    const Field* field_ = nullptr;
  };

  Iterator begin() const { return {base_, fields_.data()}; }
  Iterator end() const { return {base_, fields_.data() + size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Header operator[](std::size_t i) const { return view(base_, fields_[i]); }

  bool contains(HeaderId id) const { return ids_.contains(id); }
  /// The first value under that id.
  std::optional<std::string_view> find(HeaderId id) const;
  /// The first value under that name, for names that have no id of their own.
  std::optional<std::string_view> find(std::string_view name) const;
  std::size_t count(HeaderId id) const;

  void clear() {
    size_ = 0;
    ids_ = {};
  }
  void rebase(const char* head) { base_ = head; }
  /// False if there is no room. The field must lie in the bytes that begin at the base.
  bool push(const Field& field) {
    if (size_ == kCapacity) return false;
    fields_[size_++] = field;
    ids_.insert(field.id);
    return true;
  }

 private:
  static Header view(const char* base, const Field& f) {
    return {{base + f.name_at, f.name_size}, {base + f.value_at, f.value_size}, f.id};
  }

  const char* base_ = nullptr;
  std::size_t size_ = 0;
  HeaderIdSet ids_;
  std::array<Field, kCapacity> fields_;  // only the first size_ are ever read
};

}  // namespace http
