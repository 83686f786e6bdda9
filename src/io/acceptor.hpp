#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/address.hpp"
#include "io/wait.hpp"

namespace io {

/// A listening TCP socket on one loop. accept() hands out raw descriptors, since the connection's
/// loop is usually another one.
class Acceptor {
 public:
  struct Accepted {
    int fd = -1;    ///< non-blocking, close-on-exec; the caller's from here on; -1: see error
    int error = 0;  ///< EAGAIN: none waits; see was_lost(); else (EMFILE and the like) later
    std::optional<Address> peer;

    /// Nothing is wrong with the listener: the connection ended before it was taken, or its
    /// network failed (accept(2)). The next one may be good.
    [[nodiscard]] bool was_lost() const;
  };

  /// The error is errno's text with the address.
  static std::expected<std::unique_ptr<Acceptor>, std::string> listen(Loop& loop, Address address,
                                                                      int backlog);

  /// One attempt, never suspends.
  Accepted try_accept();
  Wait acceptable(const Guard& guard) { return {descriptor_, Interest::read, guard}; }
  /// The address in use, with the port that port 0 became.
  [[nodiscard]] Address local() const;

  Acceptor(Loop& loop, int fd) : descriptor_(loop, fd) {}

 private:
  Descriptor descriptor_;
};

/// Sends what fits and closes: for a client that there is no room for.
void turn_away(int fd, std::string_view parting_words);

}  // namespace io
