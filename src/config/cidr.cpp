#include "config/cidr.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

#include <arpa/inet.h>

#include "config/values.hpp"

namespace config {
namespace {

constexpr int kIpv4Bits = 32;
constexpr int kBits = 128;
constexpr std::size_t kIpv4At = 12;  // the four bytes of IPv4 in its mapped form

bool bit(const IpAddress& address, int index) {
  return (address.bytes[static_cast<std::size_t>(index / 8)] >> (7 - index % 8) & 1) != 0;
}

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN || text.contains('\0')) return std::nullopt;
  const std::string terminated(text);
  IpAddress address;
  if (text.contains(':')) {
    if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) != 1) return std::nullopt;
    return address;
  }
  address.bytes[kIpv4At - 2] = address.bytes[kIpv4At - 1] = 0xFF;
  if (::inet_pton(AF_INET, terminated.c_str(), address.bytes.data() + kIpv4At) != 1) {
    return std::nullopt;
  }
  return address;
}

bool Cidr::contains(const IpAddress& address) const {
  const auto whole = static_cast<std::size_t>(prefix / 8);
  if (!std::equal(network.bytes.begin(), network.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                  address.bytes.begin())) {
    return false;
  }
  for (int i = static_cast<int>(whole) * 8; i < prefix; ++i) {
    if (bit(network, i) != bit(address, i)) return false;
  }
  return true;
}

bool Cidr::contains(std::string_view ip) const {
  const auto address = parse_ip(ip);
  return address && contains(*address);
}

std::optional<Cidr> parse_cidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view ip = text.substr(0, slash);
  const auto address = parse_ip(ip);
  if (!address) return std::nullopt;
  Cidr cidr{*address, kBits};
  if (slash == std::string_view::npos) return cidr;

  const int longest = ip.contains(':') ? kBits : kIpv4Bits;
  const auto length = parse_whole(text.substr(slash + 1));
  if (!length || *length > static_cast<std::uint64_t>(longest)) return std::nullopt;
  cidr.prefix = kBits - longest + static_cast<int>(*length);
  for (int i = cidr.prefix; i < kBits; ++i) {
    if (bit(cidr.network, i)) return std::nullopt;
  }
  return cidr;
}

}  // namespace config
