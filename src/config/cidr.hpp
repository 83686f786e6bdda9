#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace config {

/// An IP address as 16 bytes; IPv4 in its mapped form (RFC 4291, 2.5.5.2), so that a client that
/// comes over a dual-stack socket as ::ffff:10.0.0.1 is the 10.0.0.1 of the configuration.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

/// `10.0.0.1`, `::1`, `::ffff:10.0.0.1`; no brackets, port or zone.
std::optional<IpAddress> parse_ip(std::string_view text);

/// A network, or one address. Thread: immutable.
struct Cidr {
  IpAddress network;
  int prefix = 128;  ///< of 128 bits: an IPv4 /8 is 96 + 8

  [[nodiscard]] bool contains(const IpAddress& address) const;
  /// False for anything that is not an address.
  [[nodiscard]] bool contains(std::string_view ip) const;
};

/// `10.0.0.0/8`, `fd00::/8`, `192.0.2.7`. Bits behind the prefix are an error: who writes
/// 10.1.2.3/8 meant something else.
std::optional<Cidr> parse_cidr(std::string_view text);

}  // namespace config
