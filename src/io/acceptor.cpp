#include "io/acceptor.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace io {

namespace {

/// Whether the path holds a socket that nobody listens on: what a process leaves that was killed.
bool is_stale(const Address& address) {
  struct stat status{};
  if (::lstat(address.path().c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const bool refused =
      fd >= 0 && ::connect(fd, address.data(), address.size()) != 0 && errno == ECONNREFUSED;
  if (fd >= 0) ::close(fd);
  return refused;
}

bool bind_unix(int fd, const Address& address, unsigned mode) {
  // Born without permissions (fchmod(2) on a socket that isn't bound yet says how), so that nobody
  // comes in between.
  ::fchmod(fd, 0);
  if (::bind(fd, address.data(), address.size()) == 0) {
    return ::chmod(address.path().c_str(), mode) == 0;
  }
  if (errno != EADDRINUSE) return false;
  if (!is_stale(address)) {
    errno = EADDRINUSE;
    return false;
  }
  return ::unlink(address.path().c_str()) == 0 && ::bind(fd, address.data(), address.size()) == 0 &&
         ::chmod(address.path().c_str(), mode) == 0;
}

bool bind_ip(int fd, const Address& address, bool v6_only) {
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.family() == AF_INET6) {
    const int only = v6_only ? 1 : 0;
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
  }
  return ::bind(fd, address.data(), address.size()) == 0;
}

int option_of(int fd, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

}  // namespace

std::expected<std::unique_ptr<Acceptor>, std::string> Acceptor::listen(Loop& loop, Address address,
                                                                       int backlog,
                                                                       Options options) {
  const auto failed = [&](const char* what) {
    return std::unexpected(std::string(what) + " " + address.to_string() + ": " +
                           std::strerror(errno));
  };
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed("cannot open a socket for");
  const bool bound = address.is_unix() ? bind_unix(fd, address, options.mode)
                                       : bind_ip(fd, address, options.v6_only);
  if (!bound || ::listen(fd, backlog) != 0) {
    auto error = failed("cannot listen on");
    ::close(fd);
    return error;
  }
  auto acceptor = std::make_unique<Acceptor>(loop, fd);
  struct stat status{};
  if (address.is_unix() && ::lstat(address.path().c_str(), &status) == 0) {
    acceptor->file_ = {address.path(), status.st_dev, status.st_ino};
  }
  return acceptor;
}

std::expected<std::unique_ptr<Acceptor>, std::string> Acceptor::inherit(Loop& loop, int fd) {
  if (option_of(fd, SO_TYPE) != SOCK_STREAM || option_of(fd, SO_ACCEPTCONN) != 1) {
    ::close(fd);
    return std::unexpected("file descriptor " + std::to_string(fd) + " is no listening socket");
  }
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  return std::make_unique<Acceptor>(loop, fd);
}

bool Acceptor::Accepted::was_lost() const {
  switch (error) {
    case ECONNABORTED:
    case EINTR:
    case EPROTO:
    case ENOPROTOOPT:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
      return true;
    default:
      return false;
  }
}

Acceptor::~Acceptor() {
  if (file_.path.empty()) return;
  struct stat status{};
  if (::lstat(file_.path.c_str(), &status) != 0) return;
  if (status.st_dev == file_.device && status.st_ino == file_.inode) {
    ::unlink(file_.path.c_str());
  }
}

Acceptor::Accepted Acceptor::try_accept() {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  const int fd = ::accept4(descriptor_.fd(), reinterpret_cast<sockaddr*>(&peer), &size,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) return {fd, 0, Address(reinterpret_cast<const sockaddr*>(&peer), size)};
  if (errno == EAGAIN) descriptor_.exhausted();
  return {-1, errno, std::nullopt};
}

void turn_away(int fd, std::string_view parting_words) {
  ::send(fd, parting_words.data(), parting_words.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(fd, SHUT_WR);
  // What the client has sent already is read, or closing would reset the connection and with it
  // the words.
  std::array<char, 4096> dropped;
  while (::recv(fd, dropped.data(), dropped.size(), MSG_DONTWAIT) > 0) {
  }
  ::close(fd);
}

Address Acceptor::local() const {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  ::getsockname(descriptor_.fd(), reinterpret_cast<sockaddr*>(&name), &size);
  return {reinterpret_cast<const sockaddr*>(&name), size};
}

}  // namespace io
