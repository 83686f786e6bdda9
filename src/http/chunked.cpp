#include "http/chunked.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "http/char_set.hpp"
#include "http/header_id.hpp"

namespace http {
namespace {

// RFC 9110 5.6.4, without escapes: llhttp knows none.
constexpr CharSet kQuotedChars{[](unsigned char c) consteval {
  return c == '\t' || (c >= 0x20 && c != 0x7f && c != '"' && c != '\\');
}};

// Fields that would change how the message is read, were they merged into its head.
constexpr HeaderIdSet kForbiddenTrailers{HeaderId::content_length, HeaderId::transfer_encoding,
                                         HeaderId::host};

}  // namespace

void append_chunk_head(std::string& out, std::size_t size) {
  std::array<char, kMaxChunkHeadSize> text;
  char* const end = std::to_chars(text.data(), text.data() + text.size() - 2, size, 16).ptr;
  out.append(text.data(), end).append(kChunkEnd);
}

bool ChunkedDecoder::refuse(std::string_view what) {
  refusal_ = what;
  return false;
}

base::Result<ChunkedDecoder::Decoded> ChunkedDecoder::decode(std::span<char> bytes) {
  Decoded decoded;
  while (decoded.consumed < bytes.size() && state_ != State::done) {
    if (state_ == State::data) {
      const auto rest = bytes.subspan(decoded.consumed);
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, rest.size()));
      std::memmove(bytes.data() + decoded.payload, rest.data(), size);
      decoded.payload += size;
      decoded.consumed += size;
      remaining_ -= size;
      if (remaining_ == 0) state_ = State::data_cr;
      continue;
    }
    if (!take_line(bytes[decoded.consumed])) return failure();
    ++decoded.consumed;
  }
  decoded.done = state_ == State::done;
  return decoded;
}

std::unexpected<base::Error> ChunkedDecoder::failure() const {
  if (side_ == Side::request)
    return base::fail(base::ErrorCode::bad_request,
                      "malformed chunked body: " + std::string(refusal_));
  return base::fail_upstream(base::ErrorCode::upstream_protocol_error,
                             "the backend's response is not valid HTTP",
                             "malformed chunked body: " + std::string(refusal_));
}

bool ChunkedDecoder::take_line(char c) {
  switch (state_) {
    case State::size_start:
    case State::size:
      return take_size(c);
    case State::size_line_feed:
      if (c != '\n') return refuse("CR without LF behind a chunk size");
      state_ = remaining_ > 0 ? State::data : State::trailer_start;
      return true;
    case State::data_cr:
      if (c != '\r') return refuse("a chunk is longer than its size");
      state_ = State::data_line_feed;
      return true;
    case State::data_line_feed:
      if (c != '\n') return refuse("CR without LF behind a chunk");
      state_ = State::size_start;
      return true;
    case State::trailer_start:
    case State::trailer_name:
    case State::trailer_value:
    case State::trailer_line_feed:
    case State::last_line_feed:
      return take_trailer(c);
    case State::extension_name_start:
    case State::extension_name:
    case State::extension_value_start:
    case State::extension_token:
    case State::extension_quoted:
    case State::extension_quoted_end:
      return take_extension(c);
    case State::data:
    case State::done:
      break;
  }
  return refuse("bytes behind the end");
}

bool ChunkedDecoder::take_size(char c) {
  const int digit = hex_value(c);
  if (state_ == State::size_start) {
    if (digit < 0) return refuse("invalid chunk size");
    state_ = State::size;
    size_digits_ = 0;
    remaining_ = 0;
  }
  if (digit >= 0) {
    if (++size_digits_ > kMaxSizeDigits) return refuse("chunk size too long");
    remaining_ = remaining_ * 16 + static_cast<unsigned>(digit);
    return true;
  }
  if (remaining_ > INT64_MAX) return refuse("chunk size too large");
  if (c == '\r' || c == ';') return end_of_item(c);
  return refuse("invalid chunk size");
}

// Behind the size, an extension's name or its value: what comes next on the line.
bool ChunkedDecoder::end_of_item(char c) {
  if (c == '\r') {
    state_ = State::size_line_feed;
    return true;
  }
  if (c == ';') {
    state_ = State::extension_name_start;
    return true;
  }
  return refuse("malformed chunk extension");
}

// ";name", ";name=token" or ";name=\"quoted\"", without blanks: RFC 9112 7.1.1 has them only for
// the sake of the past.
bool ChunkedDecoder::take_extension(char c) {
  if (++extension_bytes_ > kMaxExtensionBytes) return refuse("chunk extensions too long");
  switch (state_) {
    case State::extension_name_start:
      if (!kTokenChars.contains(c)) return refuse("malformed chunk extension");
      state_ = State::extension_name;
      return true;
    case State::extension_name:
      if (kTokenChars.contains(c)) return true;
      if (c != '=') return end_of_item(c);
      state_ = State::extension_value_start;
      return true;
    case State::extension_value_start:
      if (c != '"' && !kTokenChars.contains(c)) return refuse("malformed chunk extension");
      state_ = c == '"' ? State::extension_quoted : State::extension_token;
      return true;
    case State::extension_token:
      // llhttp takes no further extension behind an unquoted value.
      if (c == ';') return refuse("malformed chunk extension");
      return kTokenChars.contains(c) || end_of_item(c);
    case State::extension_quoted:
      if (c == '"') state_ = State::extension_quoted_end;
      return c == '"' || kQuotedChars.contains(c) || refuse("malformed chunk extension");
    default:  // extension_quoted_end
      return end_of_item(c);
  }
}

bool ChunkedDecoder::take_trailer(char c) {
  if (++trailer_bytes_ > kMaxTrailerBytes) return refuse("trailers too long");
  switch (state_) {
    case State::trailer_start:
      name_size_ = 0;
      if (c == '\r') {
        state_ = State::last_line_feed;
        return true;
      }
      if (++trailer_fields_ > kMaxTrailerFields) return refuse("too many trailers");
      state_ = State::trailer_name;
      [[fallthrough]];
    case State::trailer_name:
      if (c == ':') return end_trailer_name();
      if (!kTokenChars.contains(c)) return refuse("malformed trailer");
      if (name_size_ < name_.size()) name_[name_size_] = c;
      ++name_size_;
      return true;
    case State::trailer_value:
      if (c == '\r') state_ = State::trailer_line_feed;
      return c == '\r' || kValueChars.contains(c) || refuse("control character in a trailer");
    case State::trailer_line_feed:
      state_ = State::trailer_start;
      return c == '\n' || refuse("CR without LF in a trailer");
    default:  // last_line_feed
      state_ = State::done;
      return c == '\n' || refuse("CR without LF behind the trailers");
  }
}

bool ChunkedDecoder::end_trailer_name() {
  if (name_size_ == 0) return refuse("empty trailer name");
  const bool is_known = name_size_ <= name_.size();
  if (is_known && kForbiddenTrailers.contains(identify({name_.data(), name_size_})))
    return refuse("a trailer that may only be a header");
  state_ = State::trailer_value;
  return true;
}

}  // namespace http
