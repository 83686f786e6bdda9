#include "http/response_head.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "http/head_test_feed.hpp"

namespace http {
namespace {

using namespace std::string_literals;
using test::each_byte;
using test::feed_response;
using test::ParsedResponse;

constexpr std::string_view kTypical =
    "HTTP/1.1 200 OK\r\n"
    "date: Mon, 23 Nov 2026 16:00:00 GMT\r\n"
    "server: uvicorn\r\n"
    "content-type: text/event-stream; charset=utf-8\r\n"
    "Transfer-Encoding: chunked\r\n"
    "Keep-Alive: timeout=5, max=100\r\n"
    "\r\n";

TEST(ResponseHead, ReadsATypicalAnswer) {
  const ParsedResponse parsed(std::string(kTypical) + "5\r\n");
  ASSERT_EQ(parsed.failure, "");
  const ResponseHead& head = parsed.head;
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.framing, Framing::chunked);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_EQ(head.keep_alive_timeout, std::chrono::seconds(5));
  EXPECT_EQ(head.size, kTypical.size());
  EXPECT_EQ(head.headers.find(HeaderId::content_type), "text/event-stream; charset=utf-8");
}

TEST(ResponseHead, AnySplitGivesTheSame) {
  const std::string expected = feed_response(kTypical, {kTypical.size()});
  EXPECT_EQ(feed_response(kTypical, each_byte(kTypical.size())), expected);
  for (std::size_t first = 0; first < kTypical.size(); ++first) {
    EXPECT_EQ(feed_response(kTypical, {first}), "more") << first;
    EXPECT_EQ(feed_response(kTypical, {first, kTypical.size()}), expected) << first;
  }
}

TEST(ResponseHead, SurvivesAMoveOfItsBuffer) {
  ParsedResponse parsed(kTypical);
  const std::string before = test::describe(parsed.head);
  const std::string moved = parsed.bytes;
  parsed.bytes.assign(parsed.bytes.size(), 'x');
  parsed.head.rebase(moved.data());
  EXPECT_EQ(test::describe(parsed.head), before);
}

TEST(ResponseHead, InterimAnswersComeBeforeTheFinalOne) {
  const std::string both = "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" + std::string(kTypical);
  ResponseHeadParser parser;
  ResponseHead head;
  ASSERT_TRUE(parser.parse(both, head).value());
  EXPECT_EQ(test::describe(head), "103 1.1 none 0 keep size 39\nLink=<a>\n");
  parser.reset();
  ASSERT_TRUE(parser.parse(std::string_view(both).substr(head.size), head).value());
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.size(), 5U);
}

std::string framing_of(const std::string& status_line, const std::string& fields) {
  const ParsedResponse parsed(status_line + "\r\n" + fields + "\r\n");
  if (!parsed.failure.empty()) return parsed.failure;
  return test::describe_framing(parsed.head.framing, parsed.head.content_length,
                                parsed.head.keep_alive);
}

TEST(ResponseHead, FramingAndKeepAlive) {
  const std::string ok = "HTTP/1.1 200 OK";
  EXPECT_EQ(framing_of(ok, ""), "until_close 0 close");
  EXPECT_EQ(framing_of(ok, "Content-Length: 5\r\n"), "length 5 keep");
  EXPECT_EQ(framing_of(ok, "Content-Length: 0\r\n"), "length 0 keep");
  EXPECT_EQ(framing_of(ok, "Content-Length: 5\r\nConnection: Close\r\n"), "length 5 close");
  EXPECT_EQ(framing_of(ok, "Transfer-Encoding: chunked\r\nConnection: x, close\r\n"),
            "chunked 0 close");
  EXPECT_EQ(framing_of("HTTP/1.0 200 OK", "Content-Length: 5\r\n"), "length 5 close");
  EXPECT_EQ(framing_of("HTTP/1.0 200 OK", "Content-Length: 5\r\nConnection: keep-alive\r\n"),
            "length 5 keep");
  EXPECT_EQ(framing_of("HTTP/1.0 200 OK", "Connection: keep-alive\r\n"), "until_close 0 close");
}

TEST(ResponseHead, NoBodyWhereThereCanBeNone) {
  EXPECT_EQ(framing_of("HTTP/1.1 204 No Content", ""), "none 0 keep");
  EXPECT_EQ(framing_of("HTTP/1.1 204 No Content", "Content-Length: 0\r\n"), "none 0 keep");
  EXPECT_EQ(framing_of("HTTP/1.1 204 No Content", "Content-Length: 5\r\n"), "none 0 close");
  EXPECT_EQ(framing_of("HTTP/1.1 204 No Content", "Transfer-Encoding: chunked\r\n"),
            "none 0 close");
  EXPECT_EQ(framing_of("HTTP/1.1 304 Not Modified", "Content-Length: 5\r\n"), "none 0 keep");
  EXPECT_EQ(framing_of("HTTP/1.1 100 Continue", ""), "none 0 keep");
  EXPECT_EQ(framing_of("HTTP/1.1 100 Continue", "Content-Length: 5\r\n"), "none 0 close");
}

TEST(ResponseHead, StatusLines) {
  EXPECT_EQ(framing_of("HTTP/1.1 200", "Content-Length: 5\r\n"), "length 5 keep");
  EXPECT_EQ(framing_of("HTTP/1.1 200 ", "Content-Length: 5\r\n"), "length 5 keep");
  EXPECT_EQ(framing_of("HTTP/1.1 500 caf\xc3\xa9 \t", "Content-Length: 5\r\n"), "length 5 keep");
}

TEST(ResponseHead, KeepAliveTimeout) {
  const auto timeout = [](const std::string& value) {
    return ParsedResponse("HTTP/1.1 200 OK\r\nKeep-Alive: " + value + "\r\n\r\n")
        .head.keep_alive_timeout;
  };
  using std::chrono::seconds;
  EXPECT_EQ(timeout("timeout=5"), seconds(5));
  EXPECT_EQ(timeout("max=7, Timeout=75"), seconds(75));
  EXPECT_EQ(timeout("timeout=0"), seconds(0));
  EXPECT_EQ(timeout("timeout=999999"), seconds(999999));
  EXPECT_EQ(timeout("timeout=9999999"), std::nullopt);
  EXPECT_EQ(timeout("timeout=-1"), std::nullopt);
  EXPECT_EQ(timeout("timeout="), std::nullopt);
  EXPECT_EQ(timeout("timeout"), std::nullopt);
  EXPECT_EQ(timeout(""), std::nullopt);
}

// Each text ends with the byte that shows the fault.
TEST(ResponseHead, RefusesAtTheByteThatShowsIt) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::vector<std::string> table = {
      {"<"},
      {"\r"},
      {"h"},
      {"HTTP/2"},
      {"HTTP/1.2 200 "},
      {"HTTP/1.1\t"},
      {"HTTP/1.1  "},
      {"HTTP/1.1 2x"},
      {"HTTP/1.1 20 "},
      {"HTTP/1.1 2000"},
      {"HTTP/1.1 099 "},
      {"HTTP/1.1 600 "},
      {"HTTP/1.1 200\n"},
      {"HTTP/1.1 200\t"},
      {"HTTP/1.1 200 OK\n"},
      {"HTTP/1.1 200 O\0"s},
      {"HTTP/1.1 200 O\x7f"},
      {"HTTP/1.1 200 OK\rX"},
      {ok + " "},
      {ok + ":"},
      {ok + "X "},
      {ok + "X\r"},
      {ok + "X: a\n"},
      {ok + "X: a\0"s},
      {ok + "X: a\r\n "},
      {ok + "X: a\rb"},
      {ok + "\n"},
      {ok + "Content-Length: 5\r\nContent-Length: 5\r\n"},
      {ok + "Content-Length: 5\r\nContent-Length: 6\r\n"},
      {ok + "Content-Length: 5, 5\r\n"},
      {ok + "Content-Length: -1\r\n"},
      {ok + "Content-Length:\r\n"},
      {ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"},
      {ok + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"},
      {ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"},
      {ok + "Transfer-Encoding: gzip, chunked\r\n"},
      {ok + "Transfer-Encoding: identity\r\n"},
      {ok + "Transfer-Encoding:\r\n"},
      {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n"},
  };
  const std::string code =
      "error " + std::to_string(static_cast<int>(base::ErrorCode::upstream_protocol_error));
  for (const std::string& text : table) {
    SCOPED_TRACE(text);
    EXPECT_EQ(feed_response(text, {text.size() - 1}), "more");
    EXPECT_TRUE(feed_response(text, {text.size()}).starts_with(code));
    EXPECT_EQ(feed_response(text, each_byte(text.size())), feed_response(text, {text.size()}));
  }
}

TEST(ResponseHead, Limits) {
  const std::string code =
      "error " + std::to_string(static_cast<int>(base::ErrorCode::upstream_response_too_large));
  std::string endless = "HTTP/1.1 200 OK\r\nX: ";
  endless.resize(32 * 1024 - 1, 'x');
  EXPECT_EQ(feed_response(endless, {endless.size()}), "more");
  EXPECT_TRUE(feed_response(endless + 'x', {endless.size() + 1}).starts_with(code));

  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 100; ++i)
    many += "X: \r\n";
  EXPECT_TRUE(feed_response(many + "\r\n", {10'000}).starts_with("200"));
  EXPECT_TRUE(feed_response(many + "X", {10'000}).starts_with(code));
}

TEST(ResponseHead, FaultsAreTheBackends) {
  ResponseHeadParser parser;
  ResponseHead head;
  const auto parsed = parser.parse("HTTP/1.1 200 OK\r\nX : a\r\n", head);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().source, base::ErrorSource::upstream);
  EXPECT_EQ(parsed.error().cause, "blank before the colon of a header");
}

}  // namespace
}  // namespace http
