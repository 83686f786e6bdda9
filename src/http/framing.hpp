#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/headers.hpp"

namespace http {

/// How the end of a body is told (RFC 9112 6.3). `length` with 0 bytes is possible.
enum class Framing : std::uint8_t { none, length, chunked, until_close };

/// Limits of one head.
struct Limits {
  std::size_t max_bytes = 32 * 1024;
  int max_fields = static_cast<int>(Headers::kCapacity);
};

/// Why a head or body is refused, before it is known whose fault that is.
struct Fault {
  enum class Kind : std::uint8_t { malformed, too_large };
  Kind kind = Kind::malformed;
  std::string_view what;  ///< static text, fit for a client's eyes
};

/// Digits only, no leading zero, below 2^63: stricter than the RFC ("010", read as 10 by some and
/// as 8 by others), so that nobody behind us can disagree.
std::optional<std::uint64_t> parse_content_length(std::string_view value);

/// What one head's `Connection` fields say (RFC 9110 7.6.1).
struct ConnectionOptions {
  /// Over all Connection fields of a head; bounds the work of dropping the fields they name.
  static constexpr int kMaxOptions = 32;

  bool close = false;
  bool keep_alive = false;
  bool names_fields = false;  ///< it lists something besides the words that every head may use
  int count = 0;

  /// Adds one field's options; false if there are more than kMaxOptions.
  bool add(std::string_view value);
};

/// Whether a Connection field lists `name`: such a field must not be forwarded.
bool is_named_by_connection(const Headers& headers, std::string_view name);

}  // namespace http
