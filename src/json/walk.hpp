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

/// The items of a container in their order, one view of the text at a time; none if the value is of
/// another kind. Item is Member for an object and Value for an array.
template <class Item, Kind kind>
class Items {
 public:
  class Iterator {
   public:
    using value_type = Item;
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
    const Item& operator*() const { return item_; }
    const Item* operator->() const { return &item_; }
    Iterator& operator++() {
      read(',');
      return *this;
    }
    void operator++(int) { read(','); }
    bool operator==(std::default_sentinel_t) const { return p_ == nullptr; }

   private:
    void read(char separator);
    const char* begin_;
    const char* p_;  ///< behind the item read last; null at the end
    const char* end_;
    Item item_;
  };

  explicit Items(const Value& container)
      : raw_(container.kind == kind ? container.raw : std::string_view{}) {}
  Iterator begin() const { return Iterator(raw_); }
  static std::default_sentinel_t end() { return {}; }

 private:
  std::string_view raw_;  ///< with its brackets; empty if there are none
};

using Members = Items<Member, Kind::object>;
using Elements = Items<Value, Kind::array>;

template <>
void Members::Iterator::read(char separator);
template <>
void Elements::Iterator::read(char separator);

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
