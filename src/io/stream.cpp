#include "io/stream.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "io/tls.hpp"

namespace io {
namespace {

template <class T>
void set_option(int fd, int level, int option, T value) {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

/// One system call. Few bytes are copied together first: send(2) of one piece costs the kernel a
/// quarter of a microsecond less than sendmsg(2) of two.
ssize_t send_slices(int fd, std::span<const iovec> slices) {
  constexpr std::size_t kFew = 4096;
  std::size_t total = 0;
  for (const iovec& slice : slices)
    total += slice.iov_len;
  if (slices.size() == 1) return ::send(fd, slices[0].iov_base, total, MSG_NOSIGNAL);
  if (total > kFew) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(slices.data());
    message.msg_iovlen = slices.size();
    return ::sendmsg(fd, &message, MSG_NOSIGNAL);
  }
  std::array<char, kFew> joined;
  char* end = joined.data();
  for (const iovec& slice : slices) {
    end = std::copy_n(static_cast<const char*>(slice.iov_base), slice.iov_len, end);
  }
  return ::send(fd, joined.data(), total, MSG_NOSIGNAL);
}

Transfer interrupted(Wake wake) {
  return {0, wake == Wake::departed ? Outcome::departed : Outcome::deadline};
}

}  // namespace

Stream::Stream(Loop& loop, int fd) : descriptor_(loop, fd) {
  if (!valid()) return;
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  // A peer that vanished without FIN is noticed by unanswered data or, when idle, by probes.
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 30'000U);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 15);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

Stream::~Stream() = default;

void Stream::secure(std::unique_ptr<TlsSession> session) {
  tls_ = std::move(session);
}

Transfer Stream::outcome_of_failure(Interest direction) {
  if (errno == EAGAIN || errno == EINTR) {
    if (direction == Interest::read) {
      descriptor_.exhausted();
    } else {
      descriptor_.filled();
    }
    return {0, Outcome::again};
  }
  // EPIPE is the kernel's word for a reset that came behind a FIN.
  if (errno == EPIPE && !broken_) {
    ended_ = true;
  } else {
    broken_ = true;
  }
  return {0, Outcome::reset};
}

Transfer Stream::try_read(std::span<char> into) {
  if (tls_) {
    const Transfer got = tls_->try_read(descriptor_, into);
    loop().spent(got.bytes);
    return got;
  }
  if (!descriptor_.readable()) return {0, Outcome::again};
  const ssize_t n = ::recv(descriptor_.fd(), into.data(), into.size(), 0);
  if (n < 0) return outcome_of_failure(Interest::read);
  if (n == 0) {
    ended_ = ended_ || !broken_;
    return {0, Outcome::end};
  }
  const auto bytes = static_cast<std::size_t>(n);
  loop().spent(bytes);
  // Fewer than asked for: the socket is empty (epoll(7), "Q9"), which saves the next recv.
  if (bytes < into.size()) descriptor_.drained();
  return {bytes, Outcome::ok};
}

Transfer Stream::try_write(std::span<const iovec> slices) {
  if (tls_) return tls_->try_write(descriptor_, slices);
  const ssize_t n = send_slices(descriptor_.fd(), slices);
  if (n < 0) return outcome_of_failure(Interest::write);
  written_ += static_cast<std::uint64_t>(n);
  return {static_cast<std::size_t>(n), Outcome::ok};
}

Wait Stream::wait(Interest interest, const Guard& guard) {
  if (!tls_) return {descriptor_, interest, guard};
  return {descriptor_, tls_->interest(interest), guard};
}

Task<Transfer> Stream::read(std::span<char> into, Guard guard) {
  for (;;) {
    const Transfer got = try_read(into);
    if (got.outcome != Outcome::again) co_return got;
    if (const Wake wake = co_await readable(guard); wake != Wake::ready)
      co_return interrupted(wake);
  }
}

Task<Transfer> Stream::write(std::span<iovec> slices, Guard guard) {
  std::size_t written = 0;
  while (!slices.empty()) {
    const Transfer sent = try_write(slices);
    if (sent.ok()) {
      written += sent.bytes;
      advance(slices, sent.bytes);
      continue;
    }
    if (sent.outcome != Outcome::again) co_return Transfer{written, sent.outcome};
    if (const Wake wake = co_await writable(guard); wake != Wake::ready) {
      co_return Transfer{written, interrupted(wake).outcome};
    }
  }
  co_return Transfer{written, Outcome::ok};
}

Task<Transfer> Stream::write(std::span<const char> bytes, Guard guard) {
  iovec slice{const_cast<char*>(bytes.data()), bytes.size()};
  co_return co_await write(std::span(&slice, 1), guard);
}

void Stream::shutdown_write() {
  if (tls_) tls_->shutdown();
  ::shutdown(descriptor_.fd(), SHUT_WR);
}

bool Stream::has_pending() const {
  return tls_ && tls_->has_input();
}

bool Stream::input_arrived() {
  return !tls_ || tls_->input_arrived(descriptor_);
}

bool Stream::has_input() const {
  if (has_pending()) return true;
  char byte = 0;
  return ::recv(descriptor_.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void Stream::abort() {
  ::shutdown(descriptor_.fd(), SHUT_RDWR);
}

void Stream::reset() {
  const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
  if (::connect(descriptor_.fd(), &nobody, sizeof nobody) != 0) abort();
}

bool Stream::unacknowledged_since(std::uint64_t written) const {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (tls_ || !ended_) return false;
  if (::getsockopt(descriptor_.fd(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return false;
  // The kernel's count includes our SYN.
  return info.tcpi_bytes_acked <= written + 1;
}

void advance(std::span<iovec>& slices, std::size_t written) {
  while (!slices.empty() && written >= slices.front().iov_len) {
    written -= slices.front().iov_len;
    slices = slices.subspan(1);
  }
  if (written == 0) return;
  slices.front().iov_base = static_cast<char*>(slices.front().iov_base) + written;
  slices.front().iov_len -= written;
}

}  // namespace io
