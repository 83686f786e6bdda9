#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// UTF-8 one character at a time (RFC 3629): for the places where whole texts have already been
/// found wanting, or are short. Pure functions: any thread.
namespace json {

/// The length of the valid sequence at the front of `text`; 0 if there is none (overlong,
/// surrogate, beyond U+10FFFF, cut short, or no text).
std::size_t utf8_sequence_length(std::string_view text);

/// The offset of the first byte that doesn't begin a valid sequence, or text.size().
std::size_t first_invalid_utf8(std::string_view text);

/// Appends a code point, which is no surrogate.
void append_utf8(std::string& out, char32_t code_point);

}  // namespace json
