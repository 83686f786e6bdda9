#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace http {

/// Reads along while a form (multipart/form-data, RFC 7578, RFC 2046 5.1) streams through, checks
/// its framing and keeps the values of a few short fields; the rest, files above all, is looked at
/// and forgotten. Any split of the bytes gives the same. Pure; worker-local; one per body; holds at
/// most a few KiB.
///
/// Strict, so that no backend can find other parts than this scanner: no preamble, no epilogue but
/// one line end, delimiters with CRLF only and nothing behind them, and no line of content that
/// begins as a delimiter does.
class MultipartScanner {
 public:
  static constexpr std::size_t kMaxParts = 1000;
  static constexpr std::size_t kMaxPartHead = 8 * 1024;
  static constexpr std::size_t kMaxValue = 256;

  struct Value {
    std::string text;
    std::uint64_t at = 0;  ///< where in the body it begins
  };

  /// `boundary` as form_boundary() gives it; `fields` are the names of the fields to be kept.
  MultipartScanner(std::string_view boundary, std::vector<std::string_view> fields);

  /// The next bytes. Errors: bad_request; duplicate_key for one of `fields` twice, or for another
  /// name that a backend might read as one of them; invalid_model for one that is a file, encoded
  /// or too long, whatever its name (its name is the error's `param`). After an error nothing may
  /// be fed.
  base::Result<void> feed(std::string_view bytes);
  /// The body is over: whether the form is, too. Error: bad_request.
  [[nodiscard]] base::Result<void> finish() const;

  /// The value of a field, by its place in `fields`, once its end has passed.
  [[nodiscard]] const std::optional<Value>& value(std::size_t field) const {
    return fields_[field].value;
  }

 private:
  enum class State : std::uint8_t { start, after_delimiter, head, content, epilogue };
  enum class Progress : std::uint8_t { more, stuck };

  struct Field {
    std::string_view name;
    bool seen = false;
    std::optional<Value> value = {};
  };

  base::Result<Progress> step();
  base::Result<Progress> take_start();
  base::Result<Progress> take_line_end();
  base::Result<Progress> take_head();
  base::Result<Progress> take_content();
  base::Result<void> begin_part(std::string_view head);
  base::Result<void> keep(std::string_view content);
  void end_part();

  [[nodiscard]] std::string_view pending() const { return std::string_view(window_).substr(at_); }
  void drop(std::size_t bytes);

  std::string needle_;  // two dashes and the boundary
  std::vector<Field> fields_;
  State state_ = State::start;
  std::string window_;  // from at_ on: what is not yet understood
  std::size_t at_ = 0;
  std::size_t searched_ = 0;   // of pending(): holds no end of the head, no delimiter
  std::uint64_t dropped_ = 0;  // bytes of the body before pending()
  std::size_t parts_ = 0;
  Field* current_ = nullptr;  // the field whose value is being read
  Value reading_;
};

}  // namespace http
