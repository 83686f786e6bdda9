#include "io/connect.hpp"

#include <cerrno>

#include <sys/socket.h>
#include <unistd.h>

namespace io {

Task<Connected> connect(Loop& loop, Address address, Guard guard) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) co_return Connected{nullptr, Outcome::reset, errno};
  // Before the loop sees it: epoll reports a socket that isn't connecting yet as hung up.
  if (::connect(fd, address.data(), address.size()) != 0 && errno != EINPROGRESS) {
    const int error = errno;
    ::close(fd);
    co_return Connected{nullptr, Outcome::reset, error};
  }
  auto stream = std::make_unique<Stream>(loop, fd);
  if (!stream->valid()) co_return Connected{nullptr, Outcome::reset, ENOMEM};

  const Wake wake = co_await stream->writable(guard);
  if (wake == Wake::departed) co_return Connected{nullptr, Outcome::departed, 0};
  if (wake == Wake::deadline) co_return Connected{nullptr, Outcome::deadline, ETIMEDOUT};

  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) co_return Connected{nullptr, Outcome::reset, error};
  co_return Connected{std::move(stream), Outcome::ok, 0};
}

}  // namespace io
