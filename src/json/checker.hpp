#pragma once

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "json/block.hpp"
#include "json/escape.hpp"
#include "json/value.hpp"

namespace json {

/// The grammar of RFC 8259 as a cursor over a text: each member takes one piece off the front and
/// says whether it was there. After the first `false` only error() has a meaning. Internal to the
/// layer; lives within one call, on one thread.
///
/// It doesn't recurse, and looks at strings, digits and whitespace a block at a time. That the text
/// is UTF-8 is found out at the end, once, and only if a byte beyond ASCII was seen.
class Checker {
 public:
  explicit Checker(std::string_view text)
      : begin_(text.data()), p_(begin_), end_(begin_ + text.size()) {}

  void space();
  /// A string with its quotes; `escaped` says whether it holds a backslash.
  bool string(bool& escaped);
  /// Any value with all that is in it. `outer_depth` is how many containers stand open around it.
  bool value(int outer_depth);
  /// One byte; `expected` is what an error names.
  bool take(char c, const char* expected);
  /// True, and moves on, if the next byte is `c`. No error if it isn't.
  bool skip_if(char c);
  /// Nothing but whitespace is left, and all was UTF-8.
  bool finish();

  const char* position() const { return p_; }
  std::string_view since(const char* start) const { return {start, p_}; }
  std::unexpected<base::Error> error() const;

 private:
  using Block = block::Native;

  /// Which containers are open, innermost last. `depth` counts the outer ones as well.
  struct Nesting {
    int depth;
    std::bitset<kMaxDepth> is_object = {};
  };
  enum class Step : std::uint8_t { name_expected, value_expected, value_ended, done, failed };

  Step begin_value(Nesting& open);
  Step begin_container(Nesting& open, bool is_object);
  Step end_value(Nesting& open, int outer_depth);
  bool name();
  bool number();
  bool digits();
  bool escape();
  bool literal(std::string_view word);
  void plain_run();

  bool look();
  bool has_block() const { return static_cast<std::size_t>(end_ - p_) >= Block::kSize; }
  bool fail(const char* expected);
  static Step ended_if(bool good) { return good ? Step::value_ended : Step::failed; }

  const char* begin_;
  const char* p_;
  const char* end_;
  /// What ends or escapes a string, or may not stand in it, in the window that ends at stops_end_:
  /// a property of the bytes alone, so that one look serves all strings in a window.
  std::uint64_t stops_ = 0;
  const char* stops_end_ = begin_;
  Block seen_ = {};  ///< every byte of every window, merged: is any beyond ASCII?
  const char* expected_ = nullptr;
};

[[gnu::always_inline]] inline bool Checker::fail(const char* expected) {
  expected_ = expected;
  return false;
}

[[gnu::always_inline]] inline bool Checker::skip_if(char c) {
  if (p_ == end_ || *p_ != c) return false;
  ++p_;
  return true;
}

[[gnu::always_inline]] inline bool Checker::take(char c, const char* expected) {
  return skip_if(c) || fail(expected);
}

[[gnu::always_inline]] inline void Checker::space() {
  // Most often there is none, or the one behind a comma or colon.
  if (p_ == end_ || static_cast<unsigned char>(*p_) > ' ' || !is_space(*p_)) return;
  ++p_;
  while (has_block()) {
    const std::uint64_t stops = Block::load(p_).non_spaces();
    if (stops != 0) {
      p_ += block::position<Block>(stops);
      return;
    }
    p_ += Block::kSize;
  }
  while (p_ != end_ && is_space(*p_))
    ++p_;
}

/// Loads the window that p_ stands in; false if the text is shorter than one.
[[gnu::always_inline]] inline bool Checker::look() {
  constexpr std::size_t kWindow = Block::kWindow;
  if (static_cast<std::size_t>(end_ - begin_) < kWindow) return false;
  const char* const window = std::min(p_, end_ - kWindow);
  stops_ = Block::string_stops(window, seen_);
  stops_end_ = window + kWindow;
  return true;
}

/// Moves to the next byte that ends or escapes a string or may not stand in it, or to the end.
[[gnu::always_inline]] inline void Checker::plain_run() {
  while (p_ != end_) {
    if (p_ >= stops_end_ && !look()) break;
    const auto done = static_cast<std::size_t>(p_ - (stops_end_ - Block::kWindow));
    const std::uint64_t stops = stops_ >> (done * Block::kBits);
    if (stops != 0) {
      p_ += block::position<Block>(stops);
      return;
    }
    p_ = stops_end_;
  }
  for (; p_ != end_ && *p_ != '"' && *p_ != '\\' && static_cast<unsigned char>(*p_) >= 0x20; ++p_) {
    if (static_cast<unsigned char>(*p_) >= 0x80) seen_.merge(Block::all_high());
  }
}

[[gnu::always_inline]] inline bool Checker::string(bool& escaped) {
  escaped = false;
  if (!take('"', "a string")) return false;
  for (;;) {
    plain_run();
    if (p_ == end_) return fail("the end of a string");
    if (*p_ == '"') {
      ++p_;
      return true;
    }
    if (*p_ != '\\') return fail("an escape instead of a control character");
    escaped = true;
    // Escapes often stand together, as in text that was escaped to ASCII.
    while (p_ != end_ && *p_ == '\\') {
      if (!escape()) return false;
    }
  }
}

[[gnu::always_inline]] inline bool Checker::escape() {
  // Bit c - 0x40 for the letters: a table that is one word.
  constexpr std::uint64_t kLetters = 1ULL << ('b' - 0x40) | 1ULL << ('f' - 0x40) |
                                     1ULL << ('n' - 0x40) | 1ULL << ('r' - 0x40) |
                                     1ULL << ('t' - 0x40) | 1ULL << ('\\' - 0x40);
  if (end_ - p_ < 2) return fail("an escape");
  if (p_[1] == 'u') {
    if (end_ - p_ < 6) return fail("four hex digits");
    const int digits = hex_digit(p_[2]) | hex_digit(p_[3]) | hex_digit(p_[4]) | hex_digit(p_[5]);
    if (digits < 0) return fail("four hex digits");
    p_ += 6;
    return true;
  }
  const auto letter = static_cast<unsigned>(static_cast<unsigned char>(p_[1])) - 0x40U;
  const bool is_letter = letter < 64 && (kLetters >> letter & 1U) != 0;
  if (!is_letter && p_[1] != '"' && p_[1] != '/') return fail("an escape");
  p_ += 2;
  return true;
}

[[gnu::always_inline]] inline bool Checker::digits() {
  const char* const start = p_;
  while (has_block()) {
    const std::uint64_t stops = Block::load(p_).non_digits();
    if (stops != 0) {
      p_ += block::position<Block>(stops);
      return p_ != start || fail("a digit");
    }
    p_ += Block::kSize;
  }
  while (p_ != end_ && *p_ >= '0' && *p_ <= '9')
    ++p_;
  return p_ != start || fail("a digit");
}

[[gnu::always_inline]] inline bool Checker::number() {
  skip_if('-');
  if (!skip_if('0') && !digits()) return false;
  if (skip_if('.') && !digits()) return false;
  if (!skip_if('e') && !skip_if('E')) return true;
  if (!skip_if('+')) skip_if('-');
  return digits();
}

[[gnu::always_inline]] inline bool Checker::literal(std::string_view word) {
  if (static_cast<std::size_t>(end_ - p_) < word.size() ||
      std::string_view(p_, word.size()) != word) {
    return fail("a value");
  }
  p_ += word.size();
  return true;
}

/// A member's name with its colon, up to where the value begins.
[[gnu::always_inline]] inline bool Checker::name() {
  bool escaped = false;
  if (!string(escaped)) return false;
  space();
  if (!take(':', "':'")) return false;
  space();
  return true;
}

[[gnu::always_inline]] inline Checker::Step Checker::begin_container(Nesting& open,
                                                                     bool is_object) {
  if (open.depth == kMaxDepth) {
    fail("at most 256 levels");
    return Step::failed;
  }
  ++p_;
  space();
  if (skip_if(is_object ? '}' : ']')) return Step::value_ended;
  open.is_object[static_cast<std::size_t>(open.depth++)] = is_object;
  return is_object ? Step::name_expected : Step::value_expected;
}

[[gnu::always_inline]] inline Checker::Step Checker::begin_value(Nesting& open) {
  bool escaped = false;
  switch (p_ == end_ ? Kind::absent : kind_of(*p_)) {
    case Kind::string:
      return ended_if(string(escaped));
    case Kind::number:
      return ended_if(number());
    case Kind::object:
      return begin_container(open, true);
    case Kind::array:
      return begin_container(open, false);
    case Kind::boolean:
      return ended_if(literal(*p_ == 't' ? "true" : "false"));
    case Kind::null:
      return ended_if(literal("null"));
    case Kind::absent:
      break;
  }
  fail("a value");
  return Step::failed;
}

/// What follows a value: a comma and the next one, or the end of its container, which is a value
/// that ends in turn.
[[gnu::always_inline]] inline Checker::Step Checker::end_value(Nesting& open, int outer_depth) {
  while (open.depth != outer_depth) {
    const bool in_object = open.is_object[static_cast<std::size_t>(open.depth - 1)];
    space();
    if (skip_if(',')) {
      space();
      return in_object ? Step::name_expected : Step::value_expected;
    }
    if (!take(in_object ? '}' : ']', in_object ? "',' or '}'" : "',' or ']'")) return Step::failed;
    --open.depth;
  }
  return Step::done;
}

inline bool Checker::value(int outer_depth) {
  // A local that nothing points to lives in registers, which *this doesn't.
  Checker hot = *this;
  Nesting open{outer_depth};
  Step step = Step::value_expected;
  while (step < Step::done) {
    if (step == Step::name_expected) step = hot.name() ? Step::value_expected : Step::failed;
    if (step == Step::value_expected) step = hot.begin_value(open);
    if (step == Step::value_ended) step = hot.end_value(open, outer_depth);
  }
  *this = hot;
  return step == Step::done;
}

}  // namespace json
