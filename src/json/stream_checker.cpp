#include "json/stream_checker.hpp"

namespace json {
namespace {

bool is_digit(unsigned char c) {
  return c >= '0' && c <= '9';
}

bool is_hex(unsigned char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

}  // namespace

base::Result<void> StreamChecker::feed(std::string_view piece) {
  for (const char c : piece) {
    if (!take(static_cast<unsigned char>(c))) {
      return base::fail(base::ErrorCode::invalid_json, "The text is not valid JSON.");
    }
  }
  return {};
}

bool StreamChecker::take(unsigned char c) {
  switch (state_) {
    case State::text:
    case State::escape:
    case State::hex:
      return take_text(c);
    case State::literal:
      if (c != static_cast<unsigned char>(literal_.front())) return false;
      literal_.remove_prefix(1);
      if (literal_.empty()) end_value();
      return true;
    case State::minus:
    case State::zero:
    case State::digits:
    case State::point:
    case State::fraction:
    case State::exponent_sign:
    case State::exponent_first:
    case State::exponent:
      return take_number(c);
    case State::start:
    case State::value:
    case State::first_element:
    case State::first_name:
    case State::name:
    case State::colon:
    case State::more:
    case State::end:
      return take_structure(c);
  }
  return false;
}

bool StreamChecker::take_structure(unsigned char c) {
  if (is_space(static_cast<char>(c))) return true;
  const bool in_object = depth_ > 0 && is_object_[static_cast<std::size_t>(depth_ - 1)];
  switch (state_) {
    case State::start:
      return (c == '{' || c == '[') && open(c == '{');
    case State::first_element:
      return c == ']' ? close(false) : begin_value(c);
    case State::value:
      return begin_value(c);
    case State::first_name:
      if (c == '}') return close(true);
      [[fallthrough]];
    case State::name:
      is_name_ = true;
      state_ = State::text;
      return c == '"';
    case State::colon:
      state_ = State::value;
      return c == ':';
    case State::more:
      if (c == '}' || c == ']') return close(c == '}');
      state_ = in_object ? State::name : State::value;
      return c == ',';
    default:
      return false;  // something behind the end
  }
}

bool StreamChecker::begin_value(unsigned char c) {
  switch (c) {
    case '{':
    case '[':
      return open(c == '{');
    case '"':
      is_name_ = false;
      state_ = State::text;
      return true;
    case 't':
      return begin_literal("rue");
    case 'f':
      return begin_literal("alse");
    case 'n':
      return begin_literal("ull");
    case '-':
      state_ = State::minus;
      return true;
    case '0':
      state_ = State::zero;
      return true;
    default:
      state_ = State::digits;
      return is_digit(c);
  }
}

bool StreamChecker::begin_literal(std::string_view rest) {
  literal_ = rest;
  state_ = State::literal;
  return true;
}

bool StreamChecker::open(bool object) {
  if (depth_ == kMaxDepth) return false;
  is_object_[static_cast<std::size_t>(depth_++)] = object;
  state_ = object ? State::first_name : State::first_element;
  return true;
}

bool StreamChecker::close(bool object) {
  if (is_object_[static_cast<std::size_t>(depth_ - 1)] != object) return false;
  --depth_;
  end_value();
  return true;
}

void StreamChecker::end_value() {
  state_ = depth_ == 0 ? State::end : State::more;
}

bool StreamChecker::take_text(unsigned char c) {
  if (continuation_missing_ > 0) return take_continuation(c);
  if (state_ == State::hex) {
    if (--hex_missing_ == 0) state_ = State::text;
    return is_hex(c);
  }
  if (state_ == State::escape) {
    state_ = c == 'u' ? State::hex : State::text;
    hex_missing_ = 4;
    return std::string_view("\"\\/bfnrtu").contains(static_cast<char>(c));
  }
  if (c == '\\') {
    state_ = State::escape;
    return true;
  }
  if (c == '"') {
    if (is_name_) {
      state_ = State::colon;
    } else {
      end_value();
    }
    return true;
  }
  if (c < 0x80) return c >= 0x20;
  // The first byte bounds the second (Unicode 15, table 3-7): no overlong forms, no surrogates.
  continuation_low_ = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
  continuation_high_ = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
  continuation_missing_ = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
  return c >= 0xc2 && c <= 0xf4;
}

bool StreamChecker::take_continuation(unsigned char c) {
  const bool good = c >= continuation_low_ && c <= continuation_high_;
  continuation_low_ = 0x80;
  continuation_high_ = 0xbf;
  --continuation_missing_;
  return good;
}

bool StreamChecker::take_number(unsigned char c) {
  const auto go_on = [&](State next) {
    state_ = next;
    return true;
  };
  const auto end_then = [&] {
    end_value();
    return take_structure(c);
  };
  switch (state_) {
    case State::minus:
      return is_digit(c) && go_on(c == '0' ? State::zero : State::digits);
    case State::digits:
      if (is_digit(c)) return true;
      [[fallthrough]];
    case State::zero:
      if (c == '.') return go_on(State::point);
      if (c == 'e' || c == 'E') return go_on(State::exponent_sign);
      return end_then();
    case State::point:
      return is_digit(c) && go_on(State::fraction);
    case State::fraction:
      if (is_digit(c)) return true;
      if (c == 'e' || c == 'E') return go_on(State::exponent_sign);
      return end_then();
    case State::exponent_sign:
      if (c == '+' || c == '-') return go_on(State::exponent_first);
      [[fallthrough]];
    case State::exponent_first:
      return is_digit(c) && go_on(State::exponent);
    case State::exponent:
      return is_digit(c) || end_then();
    default:
      return false;
  }
}

}  // namespace json
