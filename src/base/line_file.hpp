#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace base {

/// A descriptor that receives whole lines: a log file, stdout or stderr.
///
/// Owned by the thread that writes; not shared. Writes may block for as long as the reader or the
/// disk does, so no event loop calls it. A line that fits only in part (full disk) is taken back
/// from a regular file, and completed later anywhere else: a half line never stays.
class LineFile {
 public:
  enum class Outcome {
    written,  ///< all of it
    full,     ///< no space now: call again with what is left
    lost,     ///< the reader is gone or the descriptor is bad: what is left can't be written
  };

  /// Opens a file for appending, creating it with mode 0640.
  static Result<LineFile> open(const std::string& path);

  /// Someone else's descriptor, such as stdout. Duplicated, since a thread that hangs in write()
  /// may come back after the number has been closed and given to another file.
  static LineFile duplicate(int fd);

  LineFile(LineFile&& other) noexcept;
  LineFile& operator=(LineFile&& other) noexcept;
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;
  ~LineFile();

  /// Writes `pending` from `offset` on and moves `offset` behind what has been written; after
  /// `full` it stands at the start of a line wherever the half line could be taken back.
  Outcome write(std::string_view pending, std::size_t& offset);

 private:
  explicit LineFile(int fd) : fd_(fd) {}

  /// Removes `half` from the end of a regular file; false if it isn't there.
  [[nodiscard]] bool take_back(std::string_view half) const;

  int fd_;  // owned; -1: none, and every write is lost
};

}  // namespace base
