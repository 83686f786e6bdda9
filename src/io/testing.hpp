#pragma once

#include <array>
#include <cerrno>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/loop.hpp"
#include "io/wait.hpp"

/// For tests of whatever runs on a loop: the scenario is a coroutine on a loop in the test's own
/// thread, its peers are plain sockets on loopback.
namespace io::testing {

using namespace std::chrono_literals;

/// Longer than anything here takes, so that a test that hangs fails instead.
inline constexpr auto kLimit = 20s;

/// The other end of a connection, used without a loop. Reading blocks, at most for kLimit.
class Peer {
 public:
  Peer() = default;
  explicit Peer(int fd) : fd_(fd) {
    const timeval limit{.tv_sec = kLimit.count(), .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  Peer(Peer&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Peer& operator=(Peer&& other) noexcept {
    close();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { close(); }

  [[nodiscard]] int fd() const { return fd_; }

  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) break;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    EXPECT_TRUE(bytes.empty()) << "the peer could not send all its bytes";
  }

  /// Exactly so many bytes, fewer if the connection ends before.
  [[nodiscard]] std::string receive(std::size_t size) const {
    std::string out(size, '\0');
    std::size_t have = 0;
    while (have < size) {
      const ssize_t n = ::recv(fd_, out.data() + have, size - have, 0);
      if (n <= 0) break;
      have += static_cast<std::size_t>(n);
    }
    out.resize(have);
    return out;
  }

  /// Up to and with `mark`.
  [[nodiscard]] std::string receive_until(std::string_view mark) const {
    std::string out;
    for (char c = 0; !out.ends_with(mark) && ::recv(fd_, &c, 1, 0) == 1;)
      out.push_back(c);
    return out;
  }

  /// What has come so far; never blocks.
  [[nodiscard]] std::string received() const {
    std::string out;
    std::array<char, 65536> piece;
    for (ssize_t n = 0; (n = ::recv(fd_, piece.data(), piece.size(), MSG_DONTWAIT)) > 0;)
      out.append(piece.data(), static_cast<std::size_t>(n));
    return out;
  }

  /// The connection has been ended (0), broken (errno) or neither (EAGAIN), all bytes read.
  [[nodiscard]] int state() const {
    char c = 0;
    const ssize_t n = ::recv(fd_, &c, 1, MSG_DONTWAIT | MSG_PEEK);
    return n < 0 ? errno : static_cast<int>(n);
  }

  void finish() const { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  /// Closes with RST.
  void reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }

 private:
  int fd_ = -1;
};

/// A listening socket on loopback with a port of its own.
class Listener {
 public:
  explicit Listener(int backlog = 16) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
    EXPECT_EQ(::listen(fd_, backlog), 0);
    socklen_t size = sizeof name;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&name), &size);
    port_ = ntohs(name.sin_port);
    const timeval limit{.tv_sec = kLimit.count(), .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { close(); }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] Peer accept() const { return Peer(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC)); }
  /// Whether a connection waits to be accepted.
  [[nodiscard]] bool pending() const {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd_, &set);
    timeval none{};
    return ::select(fd_ + 1, &set, nullptr, nullptr, &none) == 1;
  }
  /// A connection to it that has been asked for, perhaps not made; non-blocking.
  [[nodiscard]] int connect() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = htons(port_);
    static_cast<void>(::connect(fd, reinterpret_cast<sockaddr*>(&name), sizeof name));
    return fd;
  }
  /// Ends an accept() in another thread, and all after it.
  void shut_down() const { ::shutdown(fd_, SHUT_RDWR); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

/// Both ends of a TCP connection: `ours` for a Stream, which takes it over.
struct TcpPair {
  TcpPair() {
    const Listener listener;
    ours = listener.connect();
    peer = listener.accept();
  }
  int ours = -1;
  Peer peer;
};

/// A port on loopback where nobody listens.
inline std::uint16_t closed_port() {
  return Listener().port();
}

/// One loop, and scenarios as coroutines on it (see CO_TEST_F).
class LoopTest : public ::testing::Test {
 protected:
  /// Runs the loop until the scenario is over.
  void run(Task<void> scenario) {
    bool over = false;
    loop.spawn(then_stop(std::move(scenario), over));
    loop.spawn(stop_at_limit());
    loop.run();
    EXPECT_TRUE(over) << "the scenario threw, or did not end in time";
  }

  /// Lets the loop turn until `holds()`; false if it never does.
  Task<bool> eventually(std::function<bool()> holds) {
    const auto limit = loop.now() + kLimit / 2;
    while (!holds()) {
      if (loop.now() >= limit) co_return false;
      co_await sleep_until(loop, loop.now() + 1ms);
    }
    co_return true;
  }

  Loop loop;

 private:
  Task<void> then_stop(Task<void> scenario, bool& over) {
    co_await std::move(scenario);
    over = true;
    loop.stop();
  }
  Task<void> stop_at_limit() {
    co_await sleep_until(loop, loop.now() + kLimit);
    loop.stop();
  }
};

}  // namespace io::testing

/// A test whose body is a coroutine, and a member of its fixture, which derives from LoopTest and
/// declares `template <class Name> io::Task<void> scenario();`.
#define CO_TEST_F(Fixture, Name)                                \
  struct Fixture##_##Name##_Tag;                                \
  template <>                                                   \
  ::io::Task<void> Fixture::scenario<Fixture##_##Name##_Tag>(); \
  TEST_F(Fixture, Name) {                                       \
    run(scenario<Fixture##_##Name##_Tag>());                    \
  }                                                             \
  template <>                                                   \
  ::io::Task<void> Fixture::scenario<Fixture##_##Name##_Tag>()

/// ASSERT_TRUE for coroutines.
#define CO_ASSERT(...)                                  \
  if (!(__VA_ARGS__)) {                                 \
    ADD_FAILURE() << "does not hold: " << #__VA_ARGS__; \
    co_return;                                          \
  }                                                     \
  static_assert(true)
