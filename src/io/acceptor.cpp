#include "io/acceptor.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace io {

std::expected<std::unique_ptr<Acceptor>, std::string> Acceptor::listen(Loop& loop, Address address,
                                                                       int backlog) {
  const auto failed = [&](const char* what) {
    return std::unexpected(std::string(what) + " " + address.to_string() + ": " +
                           std::strerror(errno));
  };
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed("cannot open a socket for");
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd, address.data(), address.size()) != 0 || ::listen(fd, backlog) != 0) {
    auto error = failed("cannot listen on");
    ::close(fd);
    return error;
  }
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
