#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Writing JSON for answers of the router's own. What is appended is always valid: strings of any
/// bytes are made safe. Worker-local: a writer holds a reference to the caller's string.
namespace json {

/// Appends `text` as a JSON string. Control characters are escaped, as are U+2028 and U+2029 (line
/// ends to JavaScript); each byte that isn't UTF-8 becomes U+FFFD.
void append_string(std::string& out, std::string_view text);
void append_uint(std::string& out, std::uint64_t number);

class ArrayWriter;

/// Writes one object, member by member; names are given plain. Nothing else may be written to `out`
/// between begin and close(), but by a nested writer that is closed first:
///
///   json::ObjectWriter error(out);
///   error.string("message", text).null("param").close();
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

  ObjectWriter& string(std::string_view name, std::string_view text);
  ObjectWriter& uint(std::string_view name, std::uint64_t number);
  ObjectWriter& boolean(std::string_view name, bool value);
  ObjectWriter& null(std::string_view name);
  /// `json` is valid JSON and is written as it is.
  ObjectWriter& raw(std::string_view name, std::string_view json);
  ObjectWriter object(std::string_view name);
  ArrayWriter array(std::string_view name);
  void close() { out_ += '}'; }

 private:
  std::string& begin(std::string_view name);
  std::string& out_;
  bool first_ = true;
};

/// Writes one array, element by element, under the same rules.
class ArrayWriter {
 public:
  explicit ArrayWriter(std::string& out) : out_(out) { out_ += '['; }

  ArrayWriter& string(std::string_view text);
  ArrayWriter& uint(std::uint64_t number);
  ArrayWriter& raw(std::string_view json);
  ObjectWriter object();
  void close() { out_ += ']'; }

 private:
  std::string& begin();
  std::string& out_;
  bool first_ = true;
};

}  // namespace json
