#include "json/write.hpp"

#include <array>
#include <charconv>

#include "json/utf8.hpp"

namespace json {

namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";
constexpr std::string_view kLineSeparator = "\xe2\x80\xa8";
constexpr std::string_view kParagraphSeparator = "\xe2\x80\xa9";

bool plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

void append_escaped_ascii(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4U];
      out += kHex[static_cast<unsigned char>(c) & 0xfU];
  }
}

/// Appends the character at the front of `text`, which is not plain; says how many bytes it took.
std::size_t append_special(std::string& out, std::string_view text) {
  if (static_cast<unsigned char>(text.front()) < 0x80) {
    append_escaped_ascii(out, text.front());
    return 1;
  }
  const std::size_t length = utf8_sequence_length(text);
  const std::string_view sequence = text.substr(0, length);
  if (length == 0) {
    out += kReplacement;
    return 1;
  }
  if (sequence == kLineSeparator) {
    out += "\\u2028";
  } else if (sequence == kParagraphSeparator) {
    out += "\\u2029";
  } else {
    out += sequence;
  }
  return length;
}

}  // namespace

void append_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    std::size_t run = 0;
    while (run < text.size() && plain(text[run]))
      ++run;
    out.append(text.substr(0, run));
    text.remove_prefix(run);
    if (!text.empty()) text.remove_prefix(append_special(out, text));
  }
  out += '"';
}

void append_uint(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end);
}

std::string& ObjectWriter::begin(std::string_view name) {
  if (!first_) out_ += ',';
  first_ = false;
  append_string(out_, name);
  out_ += ':';
  return out_;
}

ObjectWriter& ObjectWriter::string(std::string_view name, std::string_view text) {
  append_string(begin(name), text);
  return *this;
}

ObjectWriter& ObjectWriter::uint(std::string_view name, std::uint64_t number) {
  append_uint(begin(name), number);
  return *this;
}

ObjectWriter& ObjectWriter::boolean(std::string_view name, bool value) {
  begin(name) += value ? "true" : "false";
  return *this;
}

ObjectWriter& ObjectWriter::null(std::string_view name) {
  begin(name) += "null";
  return *this;
}

ObjectWriter& ObjectWriter::raw(std::string_view name, std::string_view json) {
  begin(name) += json;
  return *this;
}

ObjectWriter ObjectWriter::object(std::string_view name) {
  return ObjectWriter(begin(name));
}
ArrayWriter ObjectWriter::array(std::string_view name) {
  return ArrayWriter(begin(name));
}

std::string& ArrayWriter::begin() {
  if (!first_) out_ += ',';
  first_ = false;
  return out_;
}

ArrayWriter& ArrayWriter::string(std::string_view text) {
  append_string(begin(), text);
  return *this;
}

ArrayWriter& ArrayWriter::uint(std::uint64_t number) {
  append_uint(begin(), number);
  return *this;
}

ArrayWriter& ArrayWriter::raw(std::string_view json) {
  begin() += json;
  return *this;
}

ObjectWriter ArrayWriter::object() {
  return ObjectWriter(begin());
}

}  // namespace json
