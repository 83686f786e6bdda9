#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "http/head_test_feed.hpp"
#include "http/request_head.hpp"

namespace http {
namespace {

using base::ErrorCode;
using namespace std::string_literals;

// Each text ends with the byte that shows the fault: with it the request must be refused, and
// without it the parser must still be waiting.
struct Refused {
  std::string text;
  ErrorCode code = ErrorCode::bad_request;
};

void expect_refused_at_last_byte(const Refused& refused, Limits limits = {}) {
  SCOPED_TRACE(refused.text.size() < 300 ? refused.text : refused.text.substr(0, 300));
  const std::size_t size = refused.text.size();
  const std::string code = "error " + std::to_string(static_cast<int>(refused.code)) + ":";
  const auto feed = [&](const std::vector<std::size_t>& arrivals) {
    return test::feed_request(refused.text, arrivals, limits);
  };
  EXPECT_EQ(feed({size - 1}), "more");
  EXPECT_EQ(feed({size}).substr(0, code.size()), code);
  if (size < 2000) EXPECT_EQ(feed(test::each_byte(size)), feed({size}));
}

void expect_all_refused(const std::vector<Refused>& table) {
  for (const Refused& refused : table)
    expect_refused_at_last_byte(refused);
}

const std::string kStart = "POST / HTTP/1.1\r\nHost: a\r\n";

TEST(RequestHeadRefusal, RequestLine) {
  expect_all_refused({
      {"\r"},
      {"\n"},
      {" "},
      {"\0"s},
      {"\x16"},  // a TLS client hello
      {"get"s.substr(0, 1)},
      {"GET\t"},
      {"GET\r"},
      {"G\x80"},
      {"GE:"},
      {std::string(33, 'A')},
      {"GET  "},
      {"GET \t"},
      {"GET h"},  // absolute form: GET http://evil/ HTTP/1.1
      {"GET *"},
      {"PRI "},  // HTTP/2's preface
      {"POST a"},
      {"OPTIONS *a"},
      {"OPTIONS a"},
      {"CONNECT /path "},
      {"CONNECT a:b "},
      {"GET !"},
      {"GET /#"},
      {"GET /a\t"},
      {"GET /a\r"},
      {"GET /a\n"},
      {"GET /a\0"s},
      {"GET /a\x7f"},
      {"GET /a\x80"},
      {"GET /caf\xc3"},
      {"GET / \t"},
      {"GET /  "},
      {"GET / h"},  // http/1.1
      {"GET / HTTP/1.10"},
      {"GET / HTTP/1.1 "},
      {"GET / HTTP/1.1\t"},
      {"GET / HTTP/1.1\n"},
      {"GET / HTTP/1.1\r\r"},
      {"GET / HTTP/1,"},
      {"GET / HTTP/11"},
      {"GET / HTTP/a"},
      {"GET / HTTP /"s.substr(0, 11)},
      {"GET / ICE"s.substr(0, 7)},
      {"GET / HTTP/2", ErrorCode::http_version_not_supported},
      {"GET / HTTP/1.2", ErrorCode::http_version_not_supported},
      {"GET / HTTP/0", ErrorCode::http_version_not_supported},
      {"GET /" + std::string(8 * 1024, 'a'), ErrorCode::uri_too_long},
  });
}

TEST(RequestHeadRefusal, HeaderLines) {
  expect_all_refused({
      {kStart + " "},          // folded
      {kStart + "\t"},         // folded
      {kStart + "X: a\r\n "},  // folded
      {kStart + ":"},          // no name
      {kStart + "X "},        {kStart + "X\t"},
      {kStart + "X\0"s},      {kStart + "X\r"},  // a line without a colon
      {kStart + "X\n"},       {kStart + "\n"},
      {kStart + "X\x80"},     {kStart + "X\xc3"},
      {kStart + "X("},        {kStart + "X: a\0"s},
      {kStart + "X: a\n"},    {kStart + "X: a\r\r"},
      {kStart + "X: a\rb"},   {kStart + "X: a\x0b"},
      {kStart + "X: a\x0c"},  {kStart + "X: a\x1b"},
      {kStart + "X: a\x7f"},  {kStart + "X: \n"},
      {kStart + "X:\n"},      {kStart + "\rX"},
      {kStart + "\r\r"},      {kStart + std::string(256, 'x'), ErrorCode::headers_too_large},
  });
}

TEST(RequestHeadRefusal, ContentLength) {
  std::vector<Refused> table;
  for (const std::string value :
       {"", "+5", "-1", "0x5", "1_0", "5,5", "5, 5", "5 5", "010", "00", "5;", "5.0", "1e3", "٥",
        "9223372036854775808", "18446744073709551616", "99999999999999999999", "chunked"})
    table.push_back({kStart + "Content-Length: " + value + "\r\n"});
  table.push_back({kStart + "Content-Length: 5\r\nContent-Length: 5\r\n"});
  table.push_back({kStart + "Content-Length: 5\r\ncontent-length: 6\r\n"});
  table.push_back({kStart + "Content-Length "});
  table.push_back({kStart + "Content-Length:\t5\r\n"});
  table.push_back({kStart + "Content-Length: 5\t\r\n"});
  expect_all_refused(table);
}

TEST(RequestHeadRefusal, TransferEncoding) {
  std::vector<Refused> table;
  for (const std::string value : {"", "xchunked", "chunkedx", "chunked, identity", "identity",
                                  "identity, chunked", "gzip, chunked", ",chunked", "chunked,",
                                  "chunked, chunked", "\"chunked\"", "chunked;q=1", "chun ked",
                                  "\xc2\xa0"
                                  "chunked"})
    table.push_back({kStart + "Transfer-Encoding: " + value + "\r\n"});
  table.push_back({kStart + "Transfer-Encoding: \x0b"});
  table.push_back({kStart + "Transfer-Encoding: \tchunked\r\n"});
  table.push_back({kStart + "Transfer-Encoding: chunked \t \r\n"});
  table.push_back({kStart + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"});
  table.push_back({kStart + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"});
  table.push_back({kStart + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"});
  table.push_back({kStart + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"});
  table.push_back({kStart + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"});
  table.push_back({"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n"});
  expect_all_refused(table);
}

TEST(RequestHeadRefusal, Host) {
  std::vector<Refused> table;
  for (const std::string value :
       {"",        "a/#@b",    "a/b",  "u@a",  "a#b",  "a b",  "a,b",         "a:b", "a:",
        "a:65536", "a:123456", ":80",  "a..b", ".a",   "a%00", "[",           "[]",  "[::1",
        "[::1]a",  "[::1]:",   "[g/]", "a?b",  "a\\b", "<a>",  "caf\xc3\xa9", "a\tb"})
    table.push_back({"GET / HTTP/1.1\r\nHost: " + value + "\r\n"});
  table.push_back({"GET / HTTP/1.1\r\nHost:\ta\r\n"});
  table.push_back({kStart + "Host: a\r\n"});
  table.push_back({kStart + "host: b\r\n"});
  table.push_back({"GET / HTTP/1.1\r\n\r\n"});
  table.push_back({"GET / HTTP/1.1\r\nX-Host: a\r\n\r\n"});
  table.push_back({"GET / HTTP/1.0\r\nHost: a/\r\n"});
  expect_all_refused(table);
}

TEST(RequestHeadRefusal, RepeatedAndContradictory) {
  std::string many = "Connection: a";
  for (int i = 0; i < 33; ++i)
    many += ",";
  expect_all_refused({
      {kStart + "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"},
      {kStart + "X-API-Key: a\r\nx-api-key: a\r\n"},
      {kStart + "Content-Type: a/b\r\nContent-Type: a/b\r\n"},
      {kStart + "Content-Encoding: identity\r\nContent-Encoding: gzip\r\n"},
      {kStart + "Expect: 100-continue\r\nExpect: 100-continue\r\n"},
      {kStart + "Content-Range: a\r\nContent-Range: a\r\n"},
      {kStart + "If-Match: a\r\nIf-Match: a\r\n"},
      {kStart + "If-None-Match: a\r\nIf-None-Match: a\r\n"},
      {kStart + "If-Modified-Since: a\r\nIf-Modified-Since: b\r\n"},
      {kStart + "If-Unmodified-Since: a\r\nIf-Unmodified-Since: a\r\n"},
      {kStart + "Upgrade: h2c\r\nContent-Length: 5\r\n\r\n"},
      {kStart + "Upgrade: websocket\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {kStart + many + "\r\n"},
      {kStart + "Expect: 200-ok\r\n", ErrorCode::expectation_failed},
      {kStart + "Expect: 100-continue, x\r\n", ErrorCode::expectation_failed},
      {kStart + "Expect:\r\n", ErrorCode::expectation_failed},
  });
}

TEST(RequestHeadRefusal, Limits) {
  std::string fields = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 99; ++i)
    fields += "X: \r\n";
  expect_refused_at_last_byte({fields + "X", ErrorCode::headers_too_large});
  expect_refused_at_last_byte({fields + ":", ErrorCode::headers_too_large});

  std::string long_head = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  long_head.resize(32 * 1024, 'x');
  expect_refused_at_last_byte({long_head, ErrorCode::headers_too_large});
  expect_refused_at_last_byte({"GET / HTTP/1.1\r\nHos", ErrorCode::headers_too_large},
                              {.max_bytes = 19});

  // A head of exactly the limit is complete; more bytes behind it don't count.
  const std::string exact = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const Limits limits{.max_bytes = exact.size()};
  EXPECT_TRUE(test::feed_request(exact + exact, {2 * exact.size()}, limits).starts_with("GET"));
}

TEST(RequestHeadRefusal, NamesTheFaultWithoutItsBytes) {
  const test::ParsedRequest parsed("GET / HTTP/1.1\r\nHost: a\r\nX : secret\r\n\r\n");
  EXPECT_NE(parsed.failure.find("blank before the colon of a header"), std::string::npos);
  EXPECT_EQ(parsed.failure.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace http
