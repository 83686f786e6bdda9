#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "io/address.hpp"
#include "io/wait.hpp"

namespace io {

/// A listening socket on one loop, TCP or unix. accept() hands out raw descriptors, since the
/// connection's loop is usually another one. The file of a unix socket goes with it.
class Acceptor {
 public:
  struct Options {
    bool v6_only = false;  ///< `::` takes IPv6 alone; else IPv4, too, whatever the system's default
    unsigned mode = 0660;  ///< of a unix socket
  };
  struct Accepted {
    int fd = -1;    ///< non-blocking, close-on-exec; the caller's from here on; -1: see error
    int error = 0;  ///< EAGAIN: none waits; see was_lost(); else (EMFILE and the like) later
    std::optional<Address> peer;

    /// Nothing is wrong with the listener: the connection ended before it was taken, or its
    /// network failed (accept(2)). The next one may be good.
    [[nodiscard]] bool was_lost() const;
  };

  /// The error is errno's text with the address. The file of a unix socket that nobody listens on
  /// is replaced.
  static std::expected<std::unique_ptr<Acceptor>, std::string> listen(Loop& loop, Address address,
                                                                      int backlog, Options options);
  static std::expected<std::unique_ptr<Acceptor>, std::string> listen(Loop& loop, Address address,
                                                                      int backlog) {
    return listen(loop, address, backlog, Options{});
  }
  /// Takes a socket that another process has bound and set to listen; its file, if it has one, is
  /// that process's. The error: what it is instead; `fd` is closed then.
  static std::expected<std::unique_ptr<Acceptor>, std::string> inherit(Loop& loop, int fd);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  /// One attempt, never suspends.
  Accepted try_accept();
  Wait acceptable(const Guard& guard) { return {descriptor_, Interest::read, guard}; }
  /// The address in use, with the port that port 0 became.
  [[nodiscard]] Address local() const;

  Acceptor(Loop& loop, int fd) : descriptor_(loop, fd) {}

 private:
  /// A unix socket's file as it was when bound; another one in its place is not ours to remove.
  struct File {
    std::string path;
    dev_t device = 0;
    ino_t inode = 0;
  };

  Descriptor descriptor_;
  File file_;
};

/// Sends what fits and closes: for a client that there is no room for.
void turn_away(int fd, std::string_view parting_words);

}  // namespace io
