#include "http/field_parser.hpp"

#include <algorithm>

#include "http/char_set.hpp"

namespace http {
namespace {

// nginx takes a tab for a part of the value: in these, the two readings must not differ.
constexpr HeaderIdSet kWithoutTabs{HeaderId::host, HeaderId::content_length,
                                   HeaderId::transfer_encoding};

}  // namespace

void FieldParser::start(std::size_t at, int max_fields) {
  state_ = State::line_start;
  position_ = at;
  max_fields_ = std::min(static_cast<std::size_t>(std::max(max_fields, 0)), Headers::kCapacity);
}

FieldParser::Step FieldParser::pause(State state, std::size_t position) {
  state_ = state;
  position_ = position;
  return Step::more;
}

FieldParser::Step FieldParser::fail(std::string_view what, Fault::Kind kind) {
  fault_ = {kind, what};
  return Step::failed;
}

FieldParser::Step FieldParser::fail_name(char found, std::size_t name_size) {
  if (name_size == 0 && is_blank(found)) return fail("folded header line");
  if (name_size == 0 && found == ':') return fail("empty header name");
  if (is_blank(found)) return fail("blank before the colon of a header");
  if (found == '\r' || found == '\n') return fail("header line without a colon");
  return fail("invalid character in a header name");
}

FieldParser::Step FieldParser::next(std::string_view head, Headers& fields) {
  const char* const base = head.data();
  const char* const end = base + head.size();
  const char* p = base + position_;
  const auto at = [base](const char* byte) { return static_cast<std::uint32_t>(byte - base); };

  State state = state_;
  if (state == State::line_start) {
    if (p == end) return pause(state, at(p));
    if (*p == '\r') {
      ++p;
      state = State::last_line_feed;
    } else {
      if (fields.size() >= max_fields_) return fail("too many headers", Fault::Kind::too_large);
      current_.name_at = at(p);
      state = State::name;
    }
  }
  if (state == State::last_line_feed) {
    if (p == end) return pause(state, at(p));
    if (*p != '\n') return fail("CR without LF");
    pause(State::line_start, at(p) + 1);
    return Step::end;
  }
  if (state == State::name) {
    p = kTokenChars.skip(p, end);
    const std::size_t size = at(p) - current_.name_at;
    if (size > Headers::kMaxNameSize) return fail("header name too long", Fault::Kind::too_large);
    if (p == end) return pause(state, at(p));
    if (*p != ':' || size == 0) return fail_name(*p, size);
    current_.name_size = static_cast<std::uint16_t>(size);
    ++p;
    state = State::gap;
  }
  if (state == State::gap) {
    while (p != end && is_blank(*p))
      ++p;
    if (p == end) return pause(state, at(p));
    current_.value_at = at(p);
    state = State::value;
  }
  if (state == State::value) {
    p = kValueChars.skip(p, end);
    if (p == end) return pause(state, at(p));
    if (*p == '\n') return fail("LF without CR");
    if (*p != '\r') return fail("control character in a header value");
    current_.value_size = at(p) - current_.value_at;
    ++p;
  }
  if (p == end) return pause(State::line_feed, at(p));
  if (*p != '\n') return fail("CR without LF");
  pause(State::line_start, at(p) + 1);
  return append(head, fields);
}

FieldParser::Step FieldParser::append(std::string_view head, Headers& fields) {
  field_.name = head.substr(current_.name_at, current_.name_size);
  field_.value = head.substr(current_.value_at, current_.value_size);
  while (!field_.value.empty() && is_blank(field_.value.back()))
    field_.value.remove_suffix(1);
  field_.id = identify(field_.name);
  repeated_ = fields.contains(field_.id);
  if (kWithoutTabs.contains(field_.id)) {
    const std::size_t colon = current_.name_at + current_.name_size;
    if (head.substr(colon, position_ - colon).contains('\t'))
      return fail("tab beside a value that tells the message's bounds or host");
  }

  current_.value_size = static_cast<std::uint32_t>(field_.value.size());
  current_.id = field_.id;
  fields.push(current_);
  return Step::field;
}

}  // namespace http
