#include "base/line_file.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace base {
namespace {

bool passes_with_time(int error) {
  return error == ENOSPC || error == EDQUOT || error == EFBIG || error == ENOMEM ||
         error == ENOBUFS;
}

void wait_until_writable(int fd) {
  pollfd entry{fd, POLLOUT, 0};
  ::poll(&entry, 1, -1);
}

}  // namespace

Result<LineFile> LineFile::open(const std::string& path) {
  // Readable too, so that take_back() can see what it removes; and on a FIFO that neither blocks
  // until a reader comes nor fails when one goes.
  constexpr int kFlags = O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
  int fd = ::open(path.c_str(), O_RDWR | kFlags, 0640);
  if (fd < 0 && errno == EACCES) fd = ::open(path.c_str(), O_WRONLY | kFlags, 0640);
  if (fd >= 0) return LineFile(fd);
  return fail_internal(ErrorCode::internal_error, "a log file can't be opened",
                       path + ": " + std::generic_category().message(errno));
}

LineFile LineFile::duplicate(int fd) {
  constexpr int kBeyondStandardOnes = 3;
  return LineFile(::fcntl(fd, F_DUPFD_CLOEXEC, kBeyondStandardOnes));
}

LineFile::LineFile(LineFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

LineFile& LineFile::operator=(LineFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

LineFile::~LineFile() {
  if (fd_ >= 0) ::close(fd_);
}

LineFile::Outcome LineFile::write(std::string_view pending, std::size_t& offset) {
  while (offset < pending.size()) {
    const ssize_t n = ::write(fd_, pending.data() + offset, pending.size() - offset);
    if (n > 0) {
      offset += static_cast<std::size_t>(n);
    } else if (n < 0 && errno == EAGAIN) {  // someone made the shared descriptor non-blocking
      wait_until_writable(fd_);
    } else if (n < 0 && errno != EINTR) {
      if (!passes_with_time(errno)) return Outcome::lost;
      const std::size_t line = offset == 0 ? 0 : pending.rfind('\n', offset - 1) + 1;
      if (take_back(pending.substr(line, offset - line))) offset = line;
      return Outcome::full;
    }
  }
  return Outcome::written;
}

bool LineFile::take_back(std::string_view half) const {
  struct stat facts{};
  if (half.empty() || ::fstat(fd_, &facts) != 0 || !S_ISREG(facts.st_mode)) return false;
  const off_t start = facts.st_size - static_cast<off_t>(half.size());
  if (start < 0) return false;
  // Another process may have appended since: then these bytes are not ours to remove.
  std::string found(half.size(), '\0');
  if (::pread(fd_, found.data(), found.size(), start) != static_cast<ssize_t>(found.size())) {
    return false;
  }
  return found == half && ::ftruncate(fd_, start) == 0;
}

}  // namespace base
