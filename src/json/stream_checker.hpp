#pragma once

#include <bitset>
#include <cstdint>
#include <string_view>

#include "base/error.hpp"
#include "json/scan.hpp"

namespace json {

/// json::validate() for a text that comes in pieces and is too large to be held: an object or an
/// array, as strict, one state per byte. Slower than validate() by an order of magnitude, and meant
/// for answers of megabytes only. Pure; worker-local; one per text.
class StreamChecker {
 public:
  /// `invalid_json` as soon as a byte can't be right; not to be called again after that.
  base::Result<void> feed(std::string_view piece);

  /// The text so far is one whole value, with nothing but white space behind it.
  [[nodiscard]] bool complete() const { return state_ == State::end; }

 private:
  // Named by what may come next.
  enum class State : std::uint8_t {
    start,
    value,
    first_element,  // or ]
    first_name,     // or }
    name,
    colon,
    more,  // a comma or the closing bracket
    end,
    text,
    escape,
    hex,
    literal,
    minus,
    zero,
    digits,
    point,
    fraction,
    exponent_sign,
    exponent_first,
    exponent,
  };

  bool take(unsigned char c);
  bool take_structure(unsigned char c);
  bool take_text(unsigned char c);
  bool take_continuation(unsigned char c);
  bool take_number(unsigned char c);
  bool begin_value(unsigned char c);
  bool begin_literal(std::string_view rest);
  bool open(bool object);
  bool close(bool object);
  void end_value();

  State state_ = State::start;
  bool is_name_ = false;  // the string being read is a member's name
  int depth_ = 0;
  std::bitset<kMaxDepth> is_object_;  // by depth
  std::string_view literal_;          // what is missing of true, false or null
  int hex_missing_ = 0;
  int continuation_missing_ = 0;  // of a UTF-8 sequence
  unsigned char continuation_low_ = 0x80;
  unsigned char continuation_high_ = 0xbf;
};

}  // namespace json
