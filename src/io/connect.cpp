#include "io/connect.hpp"

#include <cerrno>

#include <sys/socket.h>
#include <unistd.h>

namespace io {

namespace {

/// A connection to an ephemeral port of this machine where nobody listens may be given that very
/// port as its own: TCP then connects it to itself (RFC 9293 3.5, simultaneous open).
bool is_connected_to_itself(int fd, const Address& peer) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return false;
  const Address own(reinterpret_cast<const sockaddr*>(&storage), size);
  return own.port() == peer.port() && own.ip() == peer.ip();
}

}  // namespace

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
  if (error == 0 && is_connected_to_itself(fd, address)) error = ECONNREFUSED;
  if (error != 0) co_return Connected{nullptr, Outcome::reset, error};
  co_return Connected{std::move(stream), Outcome::ok, 0};
}

}  // namespace io
