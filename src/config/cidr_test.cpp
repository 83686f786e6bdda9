#include "config/cidr.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

// Which networks are written correctly stands in config_test.cpp; here, every length of a prefix.

namespace config {
namespace {

TEST(ParseIp, IPv4IsItsMappedForm) {
  EXPECT_EQ(parse_ip("10.0.0.1"), parse_ip("::ffff:10.0.0.1"));
  EXPECT_EQ(parse_ip("10.0.0.1"), parse_ip("::FFFF:a00:1"));
  EXPECT_NE(parse_ip("10.0.0.1"), parse_ip("::10.0.0.1"));
  EXPECT_EQ(parse_ip("2001:db8:0:0:0:0:0:1"), parse_ip("2001:DB8::1"));
}

TEST(ParseIp, RefusesWhatIsNoAddress) {
  for (const char* text :
       {"", " ", "1", "10.1", "10.0.0.256", "10.0.0.1 ", " 10.0.0.1", "10.0.0.1.", "10.0.0.1:80",
        "[::1]", "::1%lo", "1::2::3", ":", ":::", "::g", "::ffff:10.0.0", "localhost"}) {
    EXPECT_FALSE(parse_ip(text)) << text;
  }
  EXPECT_FALSE(parse_ip(std::string(1000, '1')));
}

/// Ones up to the prefix, then zeros.
IpAddress ones(int prefix) {
  IpAddress address;
  for (int i = 0; i < prefix; ++i)
    address.bytes[static_cast<std::size_t>(i / 8)] |= static_cast<std::uint8_t>(0x80 >> i % 8);
  return address;
}

TEST(Cidr, ThePrefixAndNothingElseCounts) {
  for (int prefix = 0; prefix <= 128; ++prefix) {
    const Cidr cidr{ones(prefix), prefix};
    EXPECT_TRUE(cidr.contains(cidr.network));
    for (int bit = 0; bit < 128; ++bit) {
      IpAddress other = cidr.network;
      other.bytes[static_cast<std::size_t>(bit / 8)] ^= static_cast<std::uint8_t>(0x80 >> bit % 8);
      EXPECT_EQ(cidr.contains(other), bit >= prefix) << prefix << ' ' << bit;
    }
  }
}

TEST(Cidr, PrefixesAreCountedFromTheFrontOfTheirFamily) {
  for (int length = 0; length <= 32; ++length) {
    const auto cidr = parse_cidr("0.0.0.0/" + std::to_string(length));
    ASSERT_TRUE(cidr) << length;
    EXPECT_EQ(cidr->prefix, 96 + length);
  }
  for (int length = 0; length <= 128; ++length) {
    const auto cidr = parse_cidr("::/" + std::to_string(length));
    ASSERT_TRUE(cidr) << length;
    EXPECT_EQ(cidr->prefix, length);
  }
  EXPECT_EQ(parse_cidr("192.0.2.7")->prefix, 128);
}

TEST(Cidr, BitsBehindThePrefixAreRefusedWhereverTheyStand) {
  EXPECT_TRUE(parse_cidr("255.255.255.254/31"));
  EXPECT_FALSE(parse_cidr("255.255.255.255/31"));
  EXPECT_TRUE(parse_cidr("128.0.0.0/1"));
  EXPECT_FALSE(parse_cidr("128.0.0.0/0"));
  EXPECT_FALSE(parse_cidr("::1/127"));
  EXPECT_FALSE(parse_cidr("8000::/0"));
}

}  // namespace
}  // namespace config
