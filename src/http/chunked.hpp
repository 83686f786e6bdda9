#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace http {

/// What ends a chunked body, without trailers.
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
/// The line end that belongs behind each chunk's data.
inline constexpr std::string_view kChunkEnd = "\r\n";
/// Longest chunk head that append_chunk_head() writes.
inline constexpr std::size_t kMaxChunkHeadSize = 18;

/// Appends `<size in hex>\r\n`. The size must not be 0: that would be the last chunk.
void append_chunk_head(std::string& out, std::size_t size);

/// Decoder of the chunked transfer coding (RFC 9112 7.1), strict and resumable at any byte.
/// Extensions and trailers are checked and dropped.
/// Pure; owner: one body; worker-local.
class ChunkedDecoder {
 public:
  enum class Side : std::uint8_t { request, response };

  static constexpr std::size_t kMaxSizeDigits = 16;
  static constexpr std::size_t kMaxExtensionBytes = 4 * 1024;  ///< over the whole body
  static constexpr std::size_t kMaxTrailerBytes = 8 * 1024;
  static constexpr int kMaxTrailerFields = 100;

  /// The side decides whose fault a malformed body is: bad_request or upstream_protocol_error.
  explicit ChunkedDecoder(Side side) : side_(side) {}

  struct Decoded {
    std::size_t payload = 0;   ///< bytes of content, moved to the front of the given bytes
    std::size_t consumed = 0;  ///< bytes read; fewer than given only when done
    bool done = false;         ///< the body is complete; what follows belongs to the next message
  };

  /// Bytes that the current chunk still promises.
  [[nodiscard]] std::uint64_t promised() const { return remaining_; }

  /// Decodes in place. Not to be called again after `done` or a failure.
  base::Result<Decoded> decode(std::span<char> bytes);

 private:
  // Named by what the next byte belongs to.
  enum class State : std::uint8_t {
    size_start,
    size,
    extension_name_start,
    extension_name,
    extension_value_start,
    extension_token,
    extension_quoted,
    extension_quoted_end,
    size_line_feed,
    data,
    data_cr,
    data_line_feed,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_line_feed,
    last_line_feed,
    done,
  };

  // Each takes one byte; false means that `refusal_` says what is wrong.
  bool take_line(char c);
  bool take_size(char c);
  bool take_extension(char c);
  bool take_trailer(char c);
  bool end_of_item(char c);
  bool end_trailer_name();
  bool refuse(std::string_view what);
  std::unexpected<base::Error> failure() const;

  Side side_;
  State state_ = State::size_start;
  std::uint8_t size_digits_ = 0;
  int trailer_fields_ = 0;
  std::uint64_t remaining_ = 0;  // of the current chunk's data
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  std::size_t name_size_ = 0;
  std::array<char, 32> name_{};  // of the current trailer; no forbidden one is longer
  std::string_view refusal_;
};

}  // namespace http
