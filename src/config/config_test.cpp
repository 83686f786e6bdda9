#include "config/config.hpp"

#include <sstream>
#include <type_traits>

#include <gtest/gtest.h>

namespace config {
namespace {

TEST(Secret, PrintsAsStarsAndIsNeverCompared) {
  const Secret secret("CANARY");
  std::ostringstream out;
  out << secret;
  EXPECT_EQ(out.str(), "***");
  EXPECT_EQ(secret.reveal(), "CANARY");
  EXPECT_FALSE(secret.empty());
  EXPECT_TRUE(Secret().empty());
  static_assert(!std::equality_comparable<Secret>);
  static_assert(!std::is_convertible_v<Secret, std::string>);
  static_assert(!std::is_convertible_v<Secret, std::string_view>);
}

TEST(ListenAddress, ReadsHostAndPort) {
  EXPECT_EQ(parse_listen("0.0.0.0:8080"), (ListenAddress{"0.0.0.0", 8080}));
  EXPECT_EQ(parse_listen("[::1]:1"), (ListenAddress{"::1", 1}));
  EXPECT_EQ(parse_listen("localhost:65535"), (ListenAddress{"localhost", 65535}));
  EXPECT_EQ(parse_listen("127.0.0.1:0"), (ListenAddress{"127.0.0.1", 0}));
  EXPECT_EQ(parse_listen("8080"), (ListenAddress{"0.0.0.0", 8080}));
  EXPECT_EQ(parse_listen(":8080", "127.0.0.1"), (ListenAddress{"127.0.0.1", 8080}));
  for (const char* text :
       {"", ":", "a:", "a", "::1:80", "[::1]", "[127.0.0.1]:80", "a:65536", "a:-1", "a b:1",
        "1.2.3:80", "1.2.3.256:80", "[x]:80", "http://a:80", "a/b:80"}) {
    EXPECT_EQ(parse_listen(text), std::nullopt) << text;
  }
}

TEST(ListenAddress, PrintsAsItIsWritten) {
  EXPECT_EQ((ListenAddress{"::1", 80}).to_string(), "[::1]:80");
  EXPECT_EQ((ListenAddress{"127.0.0.1", 80}).to_string(), "127.0.0.1:80");
}

TEST(ListenAddress, KnowsWhatOnlyThisMachineReaches) {
  for (const char* host : {"127.0.0.1", "127.9.9.9", "::1", "localhost", "LocalHost"}) {
    EXPECT_TRUE((ListenAddress{host, 1}).is_loopback()) << host;
  }
  for (const char* host : {"0.0.0.0", "::", "128.0.0.1", "10.0.0.1", "localhost.example", "::2"}) {
    EXPECT_FALSE((ListenAddress{host, 1}).is_loopback()) << host;
  }
}

TEST(LogLevels, AreReadFromTheEnvironmentsForms) {
  EXPECT_EQ(parse_log_level("debug"), LogLevel::debug);
  EXPECT_EQ(parse_log_level("WARN"), LogLevel::warn);
  EXPECT_EQ(parse_log_level("warning"), LogLevel::warn);
  EXPECT_EQ(parse_log_level("off"), LogLevel::off);
  EXPECT_EQ(parse_log_level("warn,llm_router=trace"), LogLevel::trace);
  EXPECT_EQ(parse_log_level("llm-router=debug,hyper=off"), LogLevel::debug);
  EXPECT_EQ(parse_log_level("hyper=trace,error"), LogLevel::error);
  for (const char* text : {"", "loud", "hyper=trace", ",", "="}) {
    EXPECT_EQ(parse_log_level(text), std::nullopt) << text;
  }
  EXPECT_EQ(to_string(LogLevel::info), "info");
}

TEST(Cidr, HoldsItsAddresses) {
  const auto ten = parse_cidr("10.0.0.0/8");
  ASSERT_TRUE(ten);
  EXPECT_TRUE(ten->contains("10.255.0.1"));
  EXPECT_TRUE(ten->contains("::ffff:10.0.0.1"));
  EXPECT_FALSE(ten->contains("11.0.0.0"));
  EXPECT_FALSE(ten->contains("::a00:1"));
  EXPECT_FALSE(ten->contains("not an address"));
  EXPECT_FALSE(ten->contains(""));

  EXPECT_TRUE(parse_cidr("192.0.2.64/26")->contains("192.0.2.127"));
  EXPECT_FALSE(parse_cidr("192.0.2.64/26")->contains("192.0.2.128"));
  EXPECT_TRUE(parse_cidr("192.0.2.7")->contains("192.0.2.7"));
  EXPECT_FALSE(parse_cidr("192.0.2.7")->contains("192.0.2.6"));
  EXPECT_TRUE(parse_cidr("0.0.0.0/0")->contains("8.8.8.8"));
  EXPECT_FALSE(parse_cidr("0.0.0.0/0")->contains("2001:db8::1"));
  EXPECT_TRUE(parse_cidr("::/0")->contains("8.8.8.8"));
  EXPECT_TRUE(parse_cidr("fd00::/8")->contains("fdff::1"));
  EXPECT_FALSE(parse_cidr("fd00::/8")->contains("fc00::1"));
  EXPECT_TRUE(parse_cidr("2001:db8::/33")->contains("2001:db8:7fff::1"));
  EXPECT_FALSE(parse_cidr("2001:db8::/33")->contains("2001:db8:8000::1"));
}

TEST(Cidr, RefusesWhatIsNoNetwork) {
  for (const char* text : {"", "/", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.1/8", "10.0.0/8",
                           "010.0.0.0/8", "fe80::1%eth0", "[::1]", "10.0.0.0/8/8", "10.0.0.0/-1",
                           "0x0a.0.0.0/8", "fd00::1/8", "10.0.0.0 /8"}) {
    EXPECT_FALSE(parse_cidr(text)) << text;
  }
  EXPECT_FALSE(parse_ip(std::string_view("10.0.0.1\0x", 10)));
}

}  // namespace
}  // namespace config
