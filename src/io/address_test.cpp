#include "io/address.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace io {
namespace {

Address address(std::string_view ip) {
  const auto parsed = Address::parse(ip, 80);
  EXPECT_TRUE(parsed) << ip;
  return parsed.value_or(*Address::parse("0.0.0.0", 0));
}

TEST(Address, SaysWhatItIs) {
  const Address v4 = *Address::parse("127.0.0.1", 8080);
  EXPECT_EQ(v4.family(), AF_INET);
  EXPECT_EQ(v4.size(), sizeof(sockaddr_in));
  EXPECT_EQ(v4.ip(), "127.0.0.1");
  EXPECT_EQ(v4.port(), 8080);
  EXPECT_EQ(v4.to_string(), "127.0.0.1:8080");
  const Address v6 = *Address::parse("::1", 65535);
  EXPECT_EQ(v6.family(), AF_INET6);
  EXPECT_EQ(v6.to_string(), "[::1]:65535");
  const Address mapped = *Address::parse("::ffff:10.1.2.3", 1);
  EXPECT_EQ(mapped.ip(), "10.1.2.3");
  EXPECT_EQ(mapped.to_string(), "10.1.2.3:1");
}

TEST(Address, TakesLiteralsOnly) {
  for (const char* text : {"", "localhost", "[::1]", "127.1", "0x7f.0.0.1", "2852039166",
                           "127.0.0.1:80", " 127.0.0.1", "::1%lo", "256.0.0.1"}) {
    EXPECT_FALSE(Address::parse(text, 80)) << text;
  }
  EXPECT_FALSE(Address::parse(std::string_view("127.0.0.1\0x", 11), 80));
}

TEST(Address, CopiesWhatTheKernelGives) {
  sockaddr_in6 name{};
  name.sin6_family = AF_INET6;
  name.sin6_port = htons(443);
  name.sin6_addr = in6addr_loopback;
  const Address copy(reinterpret_cast<const sockaddr*>(&name), sizeof name);
  EXPECT_EQ(copy.to_string(), "[::1]:443");
}

TEST(Address, Loopback) {
  for (const char* ip : {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(address(ip).is_loopback()) << ip;
  for (const char* ip : {"128.0.0.1", "126.255.255.255", "0.0.0.0", "::", "::2"})
    EXPECT_FALSE(address(ip).is_loopback()) << ip;
}

TEST(Address, Private) {
  for (const char* ip :
       {"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.1", "100.64.0.0",
        "100.127.255.255", "127.0.0.1", "::1", "fc00::1", "fdff::1", "::ffff:192.168.1.1"}) {
    EXPECT_TRUE(address(ip).is_private()) << ip;
  }
  for (const char* ip : {"9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.0.1",
                         "192.169.0.1", "100.63.255.255", "100.128.0.0", "8.8.8.8", "2001:db8::1",
                         "fe00::1", "fb00::1", "::ffff:8.8.8.8"}) {
    EXPECT_FALSE(address(ip).is_private()) << ip;
  }
}

TEST(Address, LinkLocal) {
  for (const char* ip : {"169.254.0.0", "169.254.169.254", "169.254.255.255", "fe80::1", "febf::1",
                         "fd00:ec2::254", "::ffff:169.254.169.254"}) {
    EXPECT_TRUE(address(ip).is_link_local()) << ip;
  }
  for (const char* ip : {"169.253.0.1", "169.255.0.1", "fec0::1", "fe7f::1", "fd00:ec2::253",
                         "127.0.0.1", "::1", "10.0.0.1"}) {
    EXPECT_FALSE(address(ip).is_link_local()) << ip;
  }
}

TEST(Address, OfUnixSockets) {
  const auto address = Address::unix_socket("/run/a.sock");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->to_string(), "unix:/run/a.sock");
  EXPECT_EQ(address->ip(), "unix");
  EXPECT_EQ(address->port(), 0);
  EXPECT_TRUE(address->is_loopback());
  EXPECT_FALSE(address->is_link_local());
  EXPECT_TRUE(Address::unix_socket(std::string(107, 'a')));
  EXPECT_FALSE(Address::unix_socket(std::string(108, 'a')));
  EXPECT_FALSE(Address::unix_socket(""));
  const sockaddr nameless{.sa_family = AF_UNIX, .sa_data = {}};
  EXPECT_EQ(Address(&nameless, sizeof nameless.sa_family).path(), "");
}

}  // namespace
}  // namespace io
