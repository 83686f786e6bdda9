#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace base {

/// Text of strangers made safe for one line of a log (rule S12). Pure.
///
/// All of these write valid UTF-8 without anything that a terminal might obey: C0, DEL and C1 are
/// escaped as in JSON (\n, \u001b), bytes that are not UTF-8 become U+FFFD, and text over `cap`
/// bytes is cut between two characters and ends in an ellipsis.

enum class Quotes : std::uint8_t {
  escape,  ///< the result is the inside of a JSON string
  keep,    ///< quotes and backslashes as they are, for people
};

/// The room that the writers below need at most, ellipsis and quotes included.
constexpr std::size_t escaped_bound(std::size_t size, std::size_t cap) {
  return 6 * (size < cap ? size : cap) + 5;
}

/// Writes to `out`, which has room for escaped_bound(), and returns the end.
char* write_escaped(char* out, std::string_view text, std::size_t cap,
                    Quotes quotes = Quotes::escape);

/// The value of a `key=value` pair: bare where that is unambiguous, else in quotes.
char* write_word(char* out, std::string_view text, std::size_t cap);

void append_escaped(std::string& out, std::string_view text, std::size_t cap,
                    Quotes quotes = Quotes::escape);
void append_word(std::string& out, std::string_view text, std::size_t cap);

/// Length of the UTF-8 character (RFC 3629) that `text` begins with; 0 if it begins with none.
std::size_t utf8_length(std::string_view text);

}  // namespace base
