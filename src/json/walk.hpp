#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "json/value.hpp"

/// Reading a text that json::validate() or json::scan_object() has passed, without a DOM:
///
///   for (const auto& [name, value] : json::Members(object)) …
///   for (const json::Value& choice : json::Elements(json::find(root, "choices"))) …
///
/// Everything is a view into the text and lives as long as that. Each step skips over what it isn't
/// asked for, so that a walk costs about one look at each byte per level entered. A text that is
/// not valid gives values without meaning, or an early end, but never a read beyond the text.
/// Pure: any thread.
namespace json {

/// The value that `text` is, whitespace around it left out; `absent` if it begins like none.
Value root(std::string_view text);

struct Member {
  std::string_view name;  ///< between the quotes, as written: escapes are not resolved
  Value value;
};

/// The members of an object in their order; none if the value is no object.
class Members {
 public:
  class Iterator {
   public:
    using value_type = Member;
    using difference_type = std::ptrdiff_t;

    explicit Iterator(std::string_view raw)
        : begin_(raw.data()), p_(begin_), end_(begin_ + raw.size()) {
      if (p_ == end_) {
        p_ = nullptr;
        return;
      }
      ++p_;
      read('\0');
    }
    const Member& operator*() const { return member_; }
    const Member* operator->() const { return &member_; }
    Iterator& operator++() {
      read(',');
      return *this;
    }
    void operator++(int) { read(','); }
    bool operator==(std::default_sentinel_t) const { return p_ == nullptr; }

   private:
    void read(char separator);
    const char* begin_;
    const char* p_;  ///< behind the member read last; null at the end
    const char* end_;
    Member member_;
  };

  explicit Members(const Value& object)
      : raw_(object.kind == Kind::object ? object.raw : std::string_view{}) {}
  Iterator begin() const { return Iterator(raw_); }
  static std::default_sentinel_t end() { return {}; }

 private:
  std::string_view raw_;  ///< with its braces; empty if there are none
};

/// The elements of an array in their order; none if the value is no array.
class Elements {
 public:
  class Iterator {
   public:
    using value_type = Value;
    using difference_type = std::ptrdiff_t;

    explicit Iterator(std::string_view raw)
        : begin_(raw.data()), p_(begin_), end_(begin_ + raw.size()) {
      if (p_ == end_) {
        p_ = nullptr;
        return;
      }
      ++p_;
      read('\0');
    }
    const Value& operator*() const { return value_; }
    const Value* operator->() const { return &value_; }
    Iterator& operator++() {
      read(',');
      return *this;
    }
    void operator++(int) { read(','); }
    bool operator==(std::default_sentinel_t) const { return p_ == nullptr; }

   private:
    void read(char separator);
    const char* begin_;
    const char* p_;  ///< behind the element read last; null at the end
    const char* end_;
    Value value_;
  };

  explicit Elements(const Value& array)
      : raw_(array.kind == Kind::array ? array.raw : std::string_view{}) {}
  Iterator begin() const { return Iterator(raw_); }
  static std::default_sentinel_t end() { return {}; }

 private:
  std::string_view raw_;
};

/// The member called `name` once escapes are resolved: the first, if there are several.
Value find(const Value& object, std::string_view name);

/// A string's text with escapes resolved. `invalid_json` if the value is no string or holds a lone
/// surrogate.
base::Result<std::string> as_string(const Value& value);

/// A string's text where it holds no escapes: a view, nothing is copied.
std::optional<std::string_view> plain_string(const Value& value);

std::optional<bool> as_bool(const Value& value);

/// An integer without sign, fraction and exponent that fits.
std::optional<std::uint64_t> as_uint(const Value& value);

inline bool is_nonempty_string(const Value& value) {
  return value.kind == Kind::string && value.raw.size() > 2;
}

}  // namespace json
