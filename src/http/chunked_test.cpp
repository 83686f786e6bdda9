#include "http/chunked.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "http/head_test_feed.hpp"

namespace http {
namespace {

using namespace std::string_literals;
using Side = ChunkedDecoder::Side;

// The payload decoded from the pieces between the cuts, then what became of the body.
std::string decode(std::string_view wire, std::vector<std::size_t> cuts = {},
                   Side side = Side::request) {
  cuts.push_back(wire.size());
  ChunkedDecoder decoder(side);
  std::string payload;
  std::size_t begin = 0;
  for (const std::size_t cut : cuts) {
    const test::Copy piece(wire.substr(begin, cut - begin));
    const auto decoded = decoder.decode(piece.span());
    if (!decoded) return test::describe(decoded.error());
    payload.append(piece.view().substr(0, decoded->payload));
    if (decoded->done) return payload + " done at " + std::to_string(begin + decoded->consumed);
    EXPECT_EQ(decoded->consumed, piece.view().size());
    begin = cut;
  }
  return payload + " more";
}

std::string decode_bytewise(std::string_view wire) {
  return wire.empty() ? decode(wire) : decode(wire, test::each_byte(wire.size() - 1));
}

constexpr std::string_view kBody =
    "5\r\nHello\r\n"
    "A;a;d=\"q \xc3\xa9\";b=c\r\n, chunked!\r\n"
    "0001\r\n\n\r\n"
    "000;last\r\n"
    "Expires: never\r\nX-Empty:\r\n\r\n";

TEST(Chunked, DecodesInPlace) {
  EXPECT_EQ(decode("0\r\n\r\n"), " done at 5");
  EXPECT_EQ(decode("3\r\nabc\r\n0\r\n\r\nGET /"), "abc done at 13");
  EXPECT_EQ(decode(kBody), "Hello, chunked!\n done at " + std::to_string(kBody.size()));
  EXPECT_EQ(decode(""), " more");
}

TEST(Chunked, AnySplitGivesTheSame) {
  const std::string expected = decode(kBody);
  EXPECT_EQ(decode_bytewise(kBody), expected);
  for (std::size_t a = 0; a <= kBody.size(); ++a)
    for (std::size_t b = a; b <= kBody.size(); ++b)
      ASSERT_EQ(decode(kBody, {a, b}), expected) << a << " " << b;
}

TEST(Chunked, EveryPrefixWaitsForMore) {
  for (std::size_t size = 0; size < kBody.size(); ++size)
    EXPECT_TRUE(decode(kBody.substr(0, size)).ends_with(" more")) << size;
}

TEST(Chunked, LargestSize) {
  EXPECT_EQ(decode("7fffffffffffffff\r\nab"), "ab more");
  EXPECT_EQ(decode("00000000000000aB\r\nab"), "ab more");
}

// Each text ends with the byte that shows the fault.
TEST(Chunked, RefusesAtTheByteThatShowsIt) {
  const std::string last = "0\r\n";
  const std::vector<std::string> table = {
      {"\r"},
      {"\n"},
      {" "},
      {";"},
      {"+"},
      {"-"},
      {"g"},
      {"5_"},
      {"0x"},
      {"5 "},
      {"5\t"},
      {"5\n"},
      {"5\r5"},
      {"5\0"s},
      {"8000000000000000\r"},
      {"ffffffffffffffff;"},
      {"00000000000000005"},
      {"3\r\nabcd"},
      {"3\r\nabc\n"},
      {"3\r\nabc\rd"},
      {"3\r\nabc\r\n\r"},
      {"5;\r"},
      {"5; "},
      {"5;;"},
      {"5;="},
      {"5;a "},
      {"5;a\n"},
      {"5;a=\r"},
      {"5;a=;"},
      {"5;a=b="},
      {"5;a=b\""},
      {"5;a=b;"},
      {"5;a=\"b\n"},
      {"5;a=\"b\r"},
      {"5;a=\"b\0"s},
      {"5;a=\"b\\"},
      {"5;a=\"b\"c"},
      {"5;a=\"b\" "},
      {"5;a\x80"},
      {last + "\n"},
      {last + "\rX"},
      {last + " "},
      {last + ":"},
      {last + "X "},
      {last + "X\r"},
      {last + "X\0"s},
      {last + "X: a\n"},
      {last + "X: a\0"s},
      {last + "X: a\rb"},
      {last + "X: a\r\n "},
      {last + "Content-Length:"},
      {last + "transfer-encoding:"},
      {last + "X: a\r\nHOST:"},
  };
  const std::string refused =
      "error " + std::to_string(static_cast<int>(base::ErrorCode::bad_request));
  for (const std::string& text : table) {
    SCOPED_TRACE(text);
    EXPECT_TRUE(decode(text.substr(0, text.size() - 1)).ends_with(" more"));
    EXPECT_TRUE(decode(text).starts_with(refused)) << decode(text);
    EXPECT_EQ(decode_bytewise(text), decode(text));
  }
}

TEST(Chunked, LimitsExtensionsOverTheWholeBody) {
  const std::string name(1023, 'e');
  const std::string chunk = "1;" + name + "\r\nx\r\n";
  // Per chunk 1 + 1023 bytes behind the size and the CR: four fill 4 KiB to the last but one.
  std::string wire;
  for (int i = 0; i < 3; ++i)
    wire += chunk;
  EXPECT_EQ(decode(wire + "0\r\n\r\n").substr(0, 8), "xxx done");
  EXPECT_TRUE(decode(wire + chunk + chunk).starts_with("error"));
}

TEST(Chunked, LimitsTrailers) {
  std::string many = "0\r\n";
  for (int i = 0; i < 100; ++i)
    many += "X:\r\n";
  EXPECT_TRUE(decode(many + "\r\n").starts_with(" done"));
  EXPECT_TRUE(decode(many + "X").starts_with("error"));
  const std::string trailer = "0\r\nX: " + std::string(8 * 1024 - 3, 'x');
  EXPECT_EQ(decode(trailer), " more");
  EXPECT_TRUE(decode(trailer + "x").starts_with("error"));
}

TEST(Chunked, FaultsAreTheSides) {
  const auto source = [](Side side) {
    std::string wire = "x";
    return ChunkedDecoder(side).decode(wire).error().source;
  };
  EXPECT_EQ(source(Side::request), base::ErrorSource::downstream);
  EXPECT_EQ(source(Side::response), base::ErrorSource::upstream);
  EXPECT_EQ(decode("x", {}, Side::response).substr(0, 6), "error ");
}

TEST(Chunked, WritesWhatItReads) {
  for (const std::size_t size : {1U, 9U, 10U, 15U, 16U, 255U, 4096U, 65537U}) {
    std::string wire;
    append_chunk_head(wire, size);
    wire.append(size, 'x').append(kChunkEnd).append(kLastChunk);
    EXPECT_EQ(decode(wire), std::string(size, 'x') + " done at " + std::to_string(wire.size()));
  }
  std::string head;
  append_chunk_head(head, SIZE_MAX);
  EXPECT_EQ(head, "ffffffffffffffff\r\n");
  EXPECT_EQ(head.size(), kMaxChunkHeadSize);
}

}  // namespace
}  // namespace http
