#include "http/request_head.hpp"

#include <string>

#include <gtest/gtest.h>

#include "http/head_test_feed.hpp"

namespace http {
namespace {

using test::each_byte;
using test::feed_request;
using test::ParsedRequest;

constexpr std::string_view kTypical =
    "POST /v1/chat/completions?beta=true HTTP/1.1\r\n"
    "Host: localhost:8080\r\n"
    "Accept: application/json\r\n"
    "Content-Type: application/json\r\n"
    "User-Agent: OpenAI/JS 7.57.0\r\n"
    "X-Stainless-Retry-Count: 0\r\n"
    "Authorization: Bearer sk-0123456789\r\n"
    "X-Note:\t \tcaf\xc3\xa9 \t\r\n"
    "Content-Length: 300\r\n"
    "\r\n";

TEST(RequestHead, ReadsATypicalRequest) {
  const ParsedRequest parsed(std::string(kTypical) + "{\"model\"");
  ASSERT_EQ(parsed.failure, "");
  const RequestHead& head = parsed.head;
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/v1/chat/completions?beta=true");
  EXPECT_EQ(head.minor, 1);
  EXPECT_EQ(head.framing, Framing::length);
  EXPECT_EQ(head.content_length, 300U);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.expect_continue);
  EXPECT_FALSE(head.connection_names_fields);
  EXPECT_EQ(head.size, kTypical.size());
  ASSERT_EQ(head.headers.size(), 8U);
  EXPECT_EQ(head.headers[0].name, "Host");
  EXPECT_EQ(head.headers[0].id, HeaderId::host);
  EXPECT_EQ(head.headers.find(HeaderId::authorization), "Bearer sk-0123456789");
  EXPECT_EQ(head.headers.find("x-note"), "caf\xc3\xa9");
  EXPECT_EQ(head.headers.find(HeaderId::cookie), std::nullopt);
  EXPECT_EQ(head.headers.find("x-nothing"), std::nullopt);
}

TEST(RequestHead, AnySplitGivesTheSame) {
  const std::string expected = feed_request(kTypical, {kTypical.size()});
  EXPECT_EQ(feed_request(kTypical, each_byte(kTypical.size())), expected);
  for (std::size_t first = 0; first < kTypical.size(); ++first) {
    EXPECT_EQ(feed_request(kTypical, {first}), "more") << first;
    EXPECT_EQ(feed_request(kTypical, {first, kTypical.size()}), expected) << first;
  }
}

TEST(RequestHead, IsReadAgainFromPipelinedBytes) {
  const std::string twice = std::string(kTypical) + "GET / HTTP/1.1\r\nHost: b\r\n\r\n";
  RequestHeadParser parser;
  RequestHead head;
  ASSERT_TRUE(parser.parse(twice, head).value());
  const std::string_view rest = std::string_view(twice).substr(head.size);
  parser.reset();
  ASSERT_TRUE(parser.parse(rest, head).value());
  EXPECT_EQ(test::describe(head), "GET / 1.1 none 0 keep size 27\nHost=b\n");
}

TEST(RequestHead, SurvivesAMoveOfItsBuffer) {
  ParsedRequest parsed(kTypical);
  const std::string before = test::describe(parsed.head);
  const std::string moved = parsed.bytes;
  parsed.bytes.assign(parsed.bytes.size(), 'x');
  parsed.head.rebase(moved.data());
  EXPECT_EQ(test::describe(parsed.head), before);
}

std::string framing_of(std::string_view request) {
  const ParsedRequest parsed(request);
  if (!parsed.failure.empty()) return parsed.failure;
  return test::describe_framing(parsed.head.framing, parsed.head.content_length,
                                parsed.head.keep_alive);
}

TEST(RequestHead, FramingAndKeepAlive) {
  EXPECT_EQ(framing_of("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "none 0 keep");
  EXPECT_EQ(framing_of("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), "length 0 keep");
  EXPECT_EQ(framing_of("POST / HTTP/1.1\r\nHost: a\r\n"
                       "Content-Length: 9223372036854775807\r\n\r\n"),
            "length 9223372036854775807 keep");
  EXPECT_EQ(framing_of("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"),
            "chunked 0 keep");
  EXPECT_EQ(framing_of("GET / HTTP/1.1\r\nHost: a\r\nConnection: te, CLOSE\r\n\r\n"),
            "none 0 close");
  EXPECT_EQ(framing_of("GET / HTTP/1.0\r\n\r\n"), "none 0 close");
  EXPECT_EQ(framing_of("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), "none 0 close");
  EXPECT_EQ(framing_of("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n"),
            "none 0 close");
}

TEST(RequestHead, TargetForms) {
  EXPECT_EQ(ParsedRequest("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").head.target, "*");
  EXPECT_EQ(ParsedRequest("OPTIONS /a HTTP/1.1\r\nHost: a\r\n\r\n").head.target, "/a");
  EXPECT_EQ(ParsedRequest("CONNECT [::1]:443 HTTP/1.1\r\nHost: a\r\n\r\n").head.target,
            "[::1]:443");
  EXPECT_EQ(ParsedRequest("GET /?a|{b}\"^ HTTP/1.1\r\nHost: a\r\n\r\n").failure, "");
}

TEST(RequestHead, HostForms) {
  for (const std::string host : {"a", "A.example", "a_b-c.d:80", "127.0.0.1:65535", "[::1]",
                                 "[fe80::1]:8080", "a.", "localhost:0"})
    EXPECT_EQ(ParsedRequest("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").failure, "") << host;
}

TEST(RequestHead, ExpectIsForBodiesOfHttp11) {
  const auto expects = [](std::string_view version, std::string_view rest) {
    const ParsedRequest parsed("POST / HTTP/" + std::string(version) +
                               "\r\nHost: a\r\nExpect: 100-Continue\r\n" + std::string(rest) +
                               "\r\n\r\n");
    EXPECT_EQ(parsed.failure, "");
    return parsed.head.expect_continue;
  };
  EXPECT_TRUE(expects("1.1", "Content-Length: 1"));
  EXPECT_TRUE(expects("1.1", "Transfer-Encoding: chunked"));
  EXPECT_FALSE(expects("1.1", "Content-Length: 0"));
  EXPECT_FALSE(expects("1.0", "Content-Length: 1"));
}

TEST(RequestHead, KnowsWhatConnectionNames) {
  const ParsedRequest parsed(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-A\r\nConnection:\tx-b ,\r\n\r\n");
  ASSERT_EQ(parsed.failure, "");
  EXPECT_TRUE(parsed.head.connection_names_fields);
  EXPECT_EQ(parsed.head.headers.count(HeaderId::connection), 2U);
  EXPECT_TRUE(is_named_by_connection(parsed.head.headers, "x-a"));
  EXPECT_TRUE(is_named_by_connection(parsed.head.headers, "X-B"));
  EXPECT_FALSE(is_named_by_connection(parsed.head.headers, "x"));
  EXPECT_FALSE(is_named_by_connection(parsed.head.headers, "x-c"));
}

TEST(RequestHead, TakesAsManyFieldsAsAllowed) {
  const auto with_fields = [](int count) {
    std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 1; i < count; ++i)
      text += "X: " + std::to_string(i) + "\r\n";
    return text + "\r\n";
  };
  EXPECT_EQ(ParsedRequest(with_fields(100)).head.headers.size(), 100U);
  EXPECT_EQ(feed_request(with_fields(10), {1000}, {.max_fields = 10}).substr(0, 3), "GET");
  EXPECT_TRUE(feed_request(with_fields(11), {1000}, {.max_fields = 10}).starts_with("error"));
}

}  // namespace
}  // namespace http
