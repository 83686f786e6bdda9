#pragma once

#include <string_view>

#include "json/skip.hpp"
#include "json/value.hpp"

namespace json {

/// Reading a text that json::validate() has passed, in one pass: the order of the text is the order
/// of the reader. Members and Elements skip a container before it can be walked in turn, and so see
/// each byte once a level; a cursor sees it once, which is what events of a stream are read with:
///
///   json::Cursor at(text);
///   if (!at.enter(json::Kind::object)) return;
///   for (std::string_view name; at.next_member(name);) {
///     if (name == "choices" && at.enter(json::Kind::array)) {
///       while (at.next_element()) sum(at.take());
///     } else {
///       at.take();
///     }
///   }
///
/// Behind each next_…() that was true comes either take() or an enter() that was true, and what was
/// entered is read until its next_…() is false. A text that isn't valid, or a reader who does
/// otherwise, gets values without meaning or an early end, but never a read beyond the text.
/// Worker-local; a view into the text.
class Cursor {
 public:
  explicit Cursor(std::string_view text)
      : text_{text.data(), text.data() + text.size()}, p_(skip::space(text_.begin, text_)) {}

  /// Moves into the object or array that is next; false, and stays, if something else is.
  bool enter(Kind kind) {
    if (p_ == text_.end || kind_of(*p_) != kind) return false;
    ++p_;
    return true;
  }

  /// Moves to the value of the next member; `name` is as written, without resolving escapes. False
  /// behind the last one.
  bool next_member(std::string_view& name) {
    if (!next('}')) return false;
    if (*p_ != '"') return stop();
    const char* const begin = p_ + 1;
    p_ = skip::string(begin, text_);
    const char* const end = p_ - 1;
    p_ = skip::space(p_, text_);
    if (p_ == text_.end || *p_ != ':') return stop();
    name = {begin, end};
    p_ = skip::space(p_ + 1, text_);
    return true;
  }

  /// Moves to the next element; false behind the last one.
  bool next_element() { return next(']'); }

  /// The value that is next; moves behind it.
  Value take() {
    if (p_ == text_.end) return {};
    const char* const begin = p_;
    p_ = skip::value(begin, text_);
    if (p_ != begin) return {kind_of(*begin), std::string_view(begin, p_)};
    stop();
    return {};
  }

 private:
  bool next(char closing) {
    p_ = skip::space(p_, text_);
    if (p_ != text_.end && *p_ == ',') p_ = skip::space(p_ + 1, text_);
    if (p_ == text_.end) return false;
    if (*p_ != closing) return true;
    ++p_;
    return false;
  }

  bool stop() {
    p_ = text_.end;
    return false;
  }

  skip::Text text_;
  const char* p_;
};

}  // namespace json
