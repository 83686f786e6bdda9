#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace io {

/// An IPv4 or IPv6 address with a port, or a unix socket's. Immutable value.
class Address {
 public:
  Address(const sockaddr* address, socklen_t size);

  /// Literals only (`127.0.0.1`, `::1`, without brackets); names take the resolver.
  static std::optional<Address> parse(std::string_view ip, std::uint16_t port);

  /// Of a socket in the file system; nullopt if the path is empty or too long (107 bytes).
  static std::optional<Address> unix_socket(std::string_view path);

  [[nodiscard]] const sockaddr* data() const {
    return reinterpret_cast<const sockaddr*>(&storage_);
  }
  [[nodiscard]] socklen_t size() const { return size_; }
  [[nodiscard]] int family() const { return storage_.ss_family; }

  [[nodiscard]] bool is_unix() const { return family() == AF_UNIX; }
  /// A unix socket's path; "" if it has none.
  [[nodiscard]] std::string path() const;

  /// `127.0.0.1`, `::1`; an IPv4-mapped address is shown as IPv4; `unix` for a unix socket.
  [[nodiscard]] std::string ip() const;
  [[nodiscard]] std::uint16_t port() const;
  /// `127.0.0.1:80`, `[::1]:80`, `unix:/run/a.sock`.
  [[nodiscard]] std::string to_string() const;

  /// Nobody outside this machine can have it: 127/8, ::1, unix sockets.
  [[nodiscard]] bool is_loopback() const;
  /// Loopback, RFC 1918, RFC 6598 (carrier NAT, also used by overlay networks), RFC 4193.
  [[nodiscard]] bool is_private() const;
  /// 169.254/16, fe80::/10 and the cloud metadata address fd00:ec2::254: never a backend, since a
  /// name that resolves there reads the credentials of the machine.
  [[nodiscard]] bool is_link_local() const;

 private:
  /// The IPv4 address in host order, also of a mapped IPv6 address.
  [[nodiscard]] std::optional<std::uint32_t> ipv4() const;

  sockaddr_storage storage_{};
  socklen_t size_;
};

}  // namespace io
