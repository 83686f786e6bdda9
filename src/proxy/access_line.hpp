#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/log.hpp"
#include "base/rfc3339.hpp"
#include "base/time.hpp"

namespace proxy {

/// What the access log says of one request. Views live as long as the call to append().
struct AccessRecord {
  base::WallClock::time_point time = {};  ///< when the request's head had come
  std::string_view request_id = {};
  std::string_view client = {};  ///< address, by trusted_proxies
  std::string_view method = {};
  std::string_view path = {};                  ///< without the query, which may hold credentials
  std::string_view model = {};                 ///< empty if not known
  std::string_view backend = {};               ///< the last one tried; empty if none
  std::string_view error_code = {};            ///< empty if none
  int status = 0;                              ///< what the client got; 499 if it had left before
  std::uint64_t bytes_in = 0;                  ///< request body
  std::uint64_t bytes_out = 0;                 ///< answer body
  std::optional<base::Duration> connect = {};  ///< to the backend; empty on a pooled connection
  std::optional<base::Duration> first_byte = {};  ///< of the backend's answer, from `time`
  base::Duration total = {};
  bool streamed = false;
};

/// The fields of a line, in order; docs/operations.md is checked against it.
struct AccessField {
  std::string_view name;
  std::string_view meaning;
};
inline constexpr std::array kAccessFields = {
    AccessField{"time", "when the request's head had come, RFC 3339, UTC"},
    AccessField{"request_id", "as in the `x-request-id` header"},
    AccessField{"client", "the client's address, by `trusted_proxies`"},
    AccessField{"method", "of the request"},
    AccessField{"path", "without the query"},
    AccessField{"model", "as the client named it; empty if not known"},
    AccessField{"backend", "the last one tried; empty if none"},
    AccessField{"status", "what the client got; 499 if it had left before"},
    AccessField{"bytes_in", "length of the request body"},
    AccessField{"bytes_out", "length of the answer body"},
    AccessField{"connect_ms", "time to connect to the backend; null on a pooled connection"},
    AccessField{"first_byte_ms", "until the backend's first byte; null if none came"},
    AccessField{"total_ms", "until the last byte was handed to the kernel"},
    AccessField{"streamed", "whether the answer was an event stream"},
    AccessField{"error_code", "code of the error, as the client got it; empty if none"},
};

/// Turns records into lines without allocating: 0.2 µs each. Worker-local, pure.
///
/// Text that comes from a client is escaped (control bytes, quotes, invalid UTF-8) and cut at the
/// caps below (rule S12), so that a line is one line and one JSON object whatever was sent.
class AccessLineFormatter {
 public:
  explicit AccessLineFormatter(base::LogFormat format) : format_(format) {}

  /// The line with its newline, valid until the next call.
  std::string_view format(const AccessRecord& record);

 private:
  static constexpr std::size_t kPathCap = 1024;
  static constexpr std::size_t kNameCap = 256;
  // Each byte may become six (\u001b); six names and the path; numbers and keys fit in the rest.
  static constexpr std::size_t kLineCap = 6 * (kPathCap + 6 * kNameCap) + 1024;

  char* write_json(char* out, const AccessRecord& record);
  char* write_text(char* out, const AccessRecord& record);

  const base::LogFormat format_;
  base::Rfc3339 clock_;
  std::array<char, kLineCap> line_;
};

}  // namespace proxy
