#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace io {

/// An IPv4 or IPv6 address with a port. Immutable value.
class Address {
 public:
  Address(const sockaddr* address, socklen_t size);

  /// Literals only (`127.0.0.1`, `::1`, without brackets); names take the resolver.
  static std::optional<Address> parse(std::string_view ip, std::uint16_t port);

  [[nodiscard]] const sockaddr* data() const {
    return reinterpret_cast<const sockaddr*>(&storage_);
  }
  [[nodiscard]] socklen_t size() const { return size_; }
  [[nodiscard]] int family() const { return storage_.ss_family; }

  /// `127.0.0.1`, `::1`; an IPv4-mapped address is shown as IPv4.
  [[nodiscard]] std::string ip() const;
  [[nodiscard]] std::uint16_t port() const;
  /// `127.0.0.1:80`, `[::1]:80`.
  [[nodiscard]] std::string to_string() const;

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
