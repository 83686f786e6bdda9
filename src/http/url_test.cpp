#include "http/url.hpp"

#include <string>

#include <gtest/gtest.h>

namespace http {
namespace {

// What was understood, or the error.
std::string parse(std::string_view text) {
  const auto url = parse_url(text);
  if (!url) return "error: " + url.error();
  return std::string(url->tls ? "tls " : "plain ") + url->host + " " + std::to_string(url->port) +
         " [" + url->path + "] " + url->authority();
}

TEST(Url, HostsAndPorts) {
  EXPECT_EQ(parse("http://backend-url"), "plain backend-url 80 [] backend-url");
  EXPECT_EQ(parse("HTTPS://API.Example.COM"), "tls api.example.com 443 [] api.example.com");
  EXPECT_EQ(parse("http://a:8000"), "plain a 8000 [] a:8000");
  EXPECT_EQ(parse("http://a:443"), "plain a 443 [] a:443");
  EXPECT_EQ(parse("https://a:443"), "tls a 443 [] a");
  EXPECT_EQ(parse("http://a:80/"), "plain a 80 [] a");
  EXPECT_EQ(parse("http://vllm_gpu-0.ns.svc:8000"),
            "plain vllm_gpu-0.ns.svc 8000 [] vllm_gpu-0.ns.svc:8000");
  EXPECT_EQ(parse("http://127.0.0.1:1"), "plain 127.0.0.1 1 [] 127.0.0.1:1");
  EXPECT_EQ(parse("http://[::1]:8080"), "plain ::1 8080 [] [::1]:8080");
  EXPECT_EQ(parse("https://[2001:DB8::0:1]"), "tls 2001:db8::1 443 [] [2001:db8::1]");
  EXPECT_EQ(parse("http://1a.2b"), "plain 1a.2b 80 [] 1a.2b");
  EXPECT_EQ(parse("http://0xyz"), "plain 0xyz 80 [] 0xyz");
}

TEST(Url, PathsMeanTheSameWithAndWithoutV1) {
  for (const std::string_view path : {"", "/", "/v1", "/v1/"})
    EXPECT_EQ(parse("http://a" + std::string(path)), "plain a 80 [] a") << path;
  EXPECT_EQ(parse("https://h/api/openai"), "tls h 443 [/api/openai] h");
  EXPECT_EQ(parse("https://h/api/openai/"), "tls h 443 [/api/openai] h");
  EXPECT_EQ(parse("https://h/v1beta/openai"), "tls h 443 [/v1beta/openai] h");
  EXPECT_EQ(parse("https://h/api/v1"), "tls h 443 [/api/v1] h");
  EXPECT_EQ(parse("https://h/a%20b"), "tls h 443 [/a%20b] h");
}

void expect_error(std::string_view text, std::string_view part) {
  const std::string result = parse(text);
  EXPECT_TRUE(result.starts_with("error: ")) << text << " -> " << result;
  EXPECT_NE(result.find(part), std::string::npos) << text << " -> " << result;
}

TEST(Url, RefusesWithASentence) {
  expect_error("", "http://");
  expect_error("backend-url", "http://");
  expect_error("backend:80", "http://");
  expect_error("gopher://a", "only http");
  expect_error("://a", "only http");
  expect_error(" http://a", "only http");
  expect_error("http://user:hunter2@a", "`auth`");
  expect_error("http://user@a", "`auth`");
  expect_error("http://a?x=1", "query");
  expect_error("http://a/b?x", "query");
  expect_error("http://a#b", "fragment");
  expect_error("http://", "host is missing");
  expect_error("http:///v1", "host is missing");
  expect_error("http://:80", "host is missing");
  expect_error("http://a b", "invalid character");
  expect_error("http://caf\xc3\xa9", "invalid character");
  expect_error("http://a%2e", "invalid character");
  expect_error("http://a\\b", "invalid character");
  expect_error("http://a..b", "empty label");
  expect_error("http://" + std::string(254, 'a'), "253");
  expect_error("http://a:", "port");
  expect_error("http://a:0", "port");
  expect_error("http://a:65536", "port");
  expect_error("http://a:8o", "port");
  expect_error("http://a:80:80", "port");
  expect_error("http://a:+80", "port");
  expect_error("http://[::1]80", "port");
  expect_error("http://[::1", "bracket");
  expect_error("http://[]", "IPv6");
  expect_error("http://[::g]", "IPv6");
  expect_error("http://[fe80::1%25eth0]", "IPv6");
  expect_error(std::string_view("http://[::1\0]", 13), "IPv6");
  expect_error("http://::1", "host is missing");
  expect_error("http://a/b c", "path");
  expect_error("http://a/b\r\nX: y", "path");
  expect_error("http://a/%2", "escape");
  expect_error("http://a//b", "empty segment");
  expect_error("http://a/../b", "segment");
  expect_error("http://a/b/.", "segment");
}

TEST(Url, NeverRepeatsAPassword) {
  EXPECT_EQ(parse("http://user:hunter2@a").find("hunter2"), std::string::npos);
  EXPECT_EQ(parse("http://user:hunter2@a/?b").find("hunter2"), std::string::npos);
}

TEST(Url, RefusesOddSpellingsOfIPv4) {
  for (const std::string_view host :
       {"2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "127.1", "127.0.0.1.", "0x7f.1",
        "1.2.3.256", "1.2.3.4.5", "127.0.0.01", "a.b.0x1f", "0x", "1"})
    expect_error("http://" + std::string(host), "four decimal numbers");
}

TEST(Url, RefusesAddressesOfMetadataServices) {
  for (const std::string_view host :
       {"169.254.169.254", "169.254.0.1", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]",
        "[64:ff9b::169.254.169.254]", "[::169.254.169.254]", "[fe80::1]", "[febf::1]",
        "[fd00:ec2::254]", "[FD00:0EC2:0::0254]"})
    expect_error("http://" + std::string(host) + "/latest", "link-local");
  EXPECT_EQ(parse("http://[fec0::1]").substr(0, 5), "plain");
  EXPECT_EQ(parse("http://169.253.1.1").substr(0, 5), "plain");
}

}  // namespace
}  // namespace http
