#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/framing.hpp"
#include "http/headers.hpp"

namespace http {

/// Reads the field lines of a head up to its empty line (RFC 9112 5), for requests and responses
/// alike. Strict: CRLF only, no folding, names are tokens that touch their colon, no control
/// characters in values. It remembers where it stopped: any split of the bytes costs O(n) in all,
/// and a fault is told at the first byte that shows it.
/// Owner: one head parser; worker-local.
class FieldParser {
 public:
  enum class Step : std::uint8_t { field, end, more, failed };

  /// Begins at that offset of the head.
  void start(std::size_t at, int max_fields);

  /// Goes on to the end of the next field, which is appended to `fields`. `head` begins with the
  /// first byte of the head and has only grown since the last call.
  Step next(std::string_view head, Headers& fields);

  /// Behind `end`: the size of the head.
  std::size_t position() const { return position_; }
  /// Behind `field`: the one just appended, and whether its (known) id had been seen before.
  const Header& field() const { return field_; }
  bool repeated() const { return repeated_; }
  /// Behind `failed`.
  const Fault& fault() const { return fault_; }

 private:
  enum class State : std::uint8_t { line_start, name, gap, value, line_feed, last_line_feed };

  Step pause(State state, std::size_t position);
  Step fail(std::string_view what, Fault::Kind kind = Fault::Kind::malformed);
  Step fail_name(char found, std::size_t name_size);
  Step append(std::string_view head, Headers& fields);

  State state_ = State::line_start;
  bool repeated_ = false;
  std::size_t position_ = 0;
  std::size_t max_fields_ = Headers::kCapacity;
  Headers::Field current_{};
  Header field_;
  Fault fault_;
};

}  // namespace http
