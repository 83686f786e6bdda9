#include "io/address.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

namespace io {
namespace {

bool in_net(std::uint32_t ip, std::uint32_t net, int bits) {
  return (ip >> (32 - bits)) == (net >> (32 - bits));
}

const std::uint8_t* bytes6(const sockaddr_storage& storage) {
  return reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr.s6_addr;
}

}  // namespace

Address::Address(const sockaddr* address, socklen_t size)
    : size_(std::min<socklen_t>(size, sizeof storage_)) {
  std::memcpy(&storage_, address, size_);
}

std::optional<Address> Address::parse(std::string_view ip, std::uint16_t port) {
  const std::string text(ip);
  if (text.contains('\0')) return std::nullopt;  // inet_pton would read up to there
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return Address(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  }
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return Address(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
  }
  return std::nullopt;
}

std::optional<Address> Address::unix_socket(std::string_view path) {
  sockaddr_un name{};
  if (path.empty() || path.size() >= sizeof name.sun_path || path.contains('\0')) {
    return std::nullopt;
  }
  name.sun_family = AF_UNIX;
  std::ranges::copy(path, name.sun_path);
  return Address(reinterpret_cast<const sockaddr*>(&name), sizeof name);
}

std::string Address::path() const {
  if (!is_unix() || size_ <= offsetof(sockaddr_un, sun_path)) return {};
  const auto& name = reinterpret_cast<const sockaddr_un&>(storage_);
  return {name.sun_path, ::strnlen(name.sun_path, size_ - offsetof(sockaddr_un, sun_path))};
}

std::optional<std::uint32_t> Address::ipv4() const {
  if (family() == AF_INET) {
    return ntohl(reinterpret_cast<const sockaddr_in&>(storage_).sin_addr.s_addr);
  }
  if (family() != AF_INET6) return std::nullopt;
  if (!IN6_IS_ADDR_V4MAPPED(&reinterpret_cast<const sockaddr_in6&>(storage_).sin6_addr)) {
    return std::nullopt;
  }
  std::uint32_t network_order = 0;
  std::memcpy(&network_order, bytes6(storage_) + 12, sizeof network_order);
  return ntohl(network_order);
}

std::string Address::ip() const {
  if (is_unix()) return "unix";
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (const auto v4 = ipv4()) {
    const in_addr address{htonl(*v4)};
    ::inet_ntop(AF_INET, &address, text.data(), text.size());
  } else if (family() == AF_INET6) {
    ::inet_ntop(AF_INET6, bytes6(storage_), text.data(), text.size());
  }
  return text.data();
}

std::uint16_t Address::port() const {
  if (is_unix()) return 0;
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(storage_).sin_port);
  return ntohs(reinterpret_cast<const sockaddr_in6&>(storage_).sin6_port);
}

std::string Address::to_string() const {
  if (is_unix()) return "unix:" + path();
  const std::string host = ip();
  const bool bracketed = host.find(':') != std::string::npos;
  return (bracketed ? "[" + host + "]" : host) + ":" + std::to_string(port());
}

bool Address::is_loopback() const {
  if (is_unix()) return true;
  if (const auto v4 = ipv4()) return in_net(*v4, 0x7f000000U, 8);
  return family() == AF_INET6 &&
         IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(storage_).sin6_addr);
}

bool Address::is_private() const {
  if (is_loopback()) return true;
  if (const auto v4 = ipv4()) {
    return in_net(*v4, 0x0a000000U, 8) || in_net(*v4, 0xac100000U, 12) ||
           in_net(*v4, 0xc0a80000U, 16) || in_net(*v4, 0x64400000U, 10);
  }
  return family() == AF_INET6 && (bytes6(storage_)[0] & 0xfeU) == 0xfcU;
}

bool Address::is_link_local() const {
  if (const auto v4 = ipv4()) return in_net(*v4, 0xa9fe0000U, 16);
  if (family() != AF_INET6) return false;
  static constexpr std::array<std::uint8_t, 16> kMetadata = {0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0,
                                                             0,    0,    0,    0,    0, 0, 2, 0x54};
  const std::uint8_t* bytes = bytes6(storage_);
  return (bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0x80U) ||
         std::equal(kMetadata.begin(), kMetadata.end(), bytes);
}

}  // namespace io
