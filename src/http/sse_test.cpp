#include "http/sse.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "http/sse_test_feed.hpp"

namespace http {
namespace {

using std::string_literals::operator""s;

std::vector<std::string> data_of(std::string_view stream) {
  std::vector<std::string> data;
  for (const Message& message : feed(stream, {}).messages) {
    data.push_back(message.data);
  }
  return data;
}

using Strings = std::vector<std::string>;

// The cases of the web platform tests, eventsource/format-*.
struct FormatCase {
  const char* name;
  std::string stream;
  Strings data;
};

const FormatCase kFormatCases[] = {
    {"bom",
     "\xEF\xBB\xBF"
     "data:1\n\n\xEF\xBB\xBF"
     "data:2\n\ndata:3\n\n",
     {"1", "3"}},
    {"bom_twice",
     "\xEF\xBB\xBF\xEF\xBB\xBF"
     "data:1\n\ndata:2\n\ndata:3\n\n",
     {"2", "3"}},
    {"comments",
     "data:1\r:\0\n:\r\ndata:2\n:"s + std::string(2048, 'x') +
         "\rdata:3\n:data:fail\r:" + std::string(2048, 'x') + "\ndata:4\n\n",
     {"1\n2\n3\n4"}},
    {"data_before_final_empty_line", "retry:1000\ndata:test1\n\nid:test\ndata:test2", {"test1"}},
    {"field_data", "data:\n\ndata\ndata\n\ndata:test\n\n", {"test"}},
    {"field_event_empty", "event: \ndata:data\n\n", {"data"}},
    {"field_event", "event:test\ndata:x\n\ndata:x\n\n", {"x", "x"}},
    {"field_id", "id: 1\ndata: 1\n\nid: 2\ndata: 2\n\n", {"1", "2"}},
    {"field_parsing",
     "data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\r"
     "data:\r\n data:32\ndata:4\n\n"s,
     {"\0\n 2\n1\n3\n\n4"s}},
    {"field_retry_bogus", "retry:3000\nretry:1000x\ndata:x\n\n", {"x"}},
    {"field_unknown",
     "data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\n\n",
     {"test\n"}},
    {"leading_space", "data:\ttest\rdata: \ndata:test\n\n", {"\ttest\n\ntest"}},
    {"newlines", "data:test\r\ndata\ndata:test\r\n\r", {"test\n\ntest"}},
    {"null_character", "data:\0\n\n\n\n"s, {"\0"s}},
    {"utf_8", "data:ok…\n\n", {"ok…"}},
    {"all_cr", "data: 1\r\rdata: 2\r\r", {"1", "2"}},
    {"all_crlf", "data: 1\r\n\r\ndata: 2\r\n\r\n", {"1", "2"}},
    {"mixed_blank_lines",
     "data: 1\n\rdata: 2\r\n\ndata: 3\n\r\ndata: 4\r\n\r\n",
     {"1", "2", "3", "4"}},
    {"blank_lines_between", "\n\r\r\n\ndata: 1\n\n\n\n\ndata: 2\n\n", {"1", "2"}},
    {"only_one_space_goes", "data:   x\n\n", {"  x"}},
    {"space_before_colon", "data : 1\n\ndata: 2\n\n", {"2"}},
    {"colon_in_value", "data: {\"a\":1}\n\n", {"{\"a\":1}"}},
};

TEST(SseScanner, ReadsWhatTheStandardSays) {
  for (const FormatCase& c : kFormatCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(data_of(c.stream), c.data);
    const std::vector<Message> expected = dispatched_by_the_standard(c.stream);
    EXPECT_EQ(feed(c.stream, {}).messages, expected);
    EXPECT_EQ(feed(c.stream, every_byte(c.stream)).messages, expected);
    for (std::size_t cut = 0; cut <= c.stream.size(); ++cut) {
      EXPECT_EQ(feed(c.stream, {cut}).messages, expected) << "cut at " << cut;
    }
  }
}

TEST(SseScanner, BlocksAddUpToTheBytesReceived) {
  for (const FormatCase& c : kFormatCases) {
    SCOPED_TRACE(c.name);
    for (std::size_t cut = 0; cut <= c.stream.size(); ++cut) {
      const Outcome outcome = feed(c.stream, {cut});
      EXPECT_EQ(outcome.bytes + outcome.left, c.stream);
    }
  }
}

TEST(SseScanner, NamesTheEvent) {
  const Outcome outcome = feed("event: a\nevent: b\ndata: 1\n\ndata: 2\n\n", {});
  EXPECT_EQ(outcome.messages, (std::vector<Message>{{"b", "1"}, {"", "2"}}));
}

TEST(SseScanner, AnEventThatEndsInCrIsNotHeldBack) {
  SseScanner scanner;
  const auto event = scanner.next("data: 1\r\n\r");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->bytes, "data: 1\r\n\r");
  const auto rest = scanner.next("\ndata: 2\n\n");
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->bytes, "\n");
  EXPECT_FALSE(rest->has_data);
  EXPECT_FALSE(rest->must_strip);
  EXPECT_EQ(scanner.next("data: 2\n\n")->data, "2");
}

TEST(SseScanner, AnLfThatIsThereBelongsToItsCr) {
  SseScanner scanner;
  EXPECT_EQ(scanner.next("data: 1\r\n\r\ndata: 2")->bytes, "data: 1\r\n\r\n");
}

TEST(SseScanner, HalfAnEventStaysPending) {
  EXPECT_EQ(feed("data: 1\n\ndata: 2\n", {}).left, "data: 2\n");
  EXPECT_EQ(feed("data: 1\r\n\r", {}).left, "");
}

TEST(SseScanner, OneLineOfDataIsNotCopied) {
  const std::string pending = "data: {\"a\":1}\n\n";
  SseScanner scanner;
  const auto event = scanner.next(pending);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->data.data(), pending.data() + 6);
}

TEST(SseScanner, CommentsAreEventsWithoutData) {
  SseScanner scanner;
  const auto event = scanner.next(": keep-alive\n\n");
  ASSERT_TRUE(event);
  EXPECT_FALSE(event->has_data);
  EXPECT_FALSE(event->must_strip);
  EXPECT_EQ(event->bytes, ": keep-alive\n\n");
}

TEST(SseScanner, ShowsTheErrorField) {
  SseScanner scanner;
  const auto event = scanner.next("error: {\"code\":500,\"message\":\"no\"}\n\n");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->error_field, "{\"code\":500,\"message\":\"no\"}");
  EXPECT_FALSE(event->has_data);
}

TEST(SseScanner, ResetForgetsHalfAnEvent) {
  SseScanner scanner;
  EXPECT_FALSE(scanner.next("event: x\nid: 1\ndata: 1\r"));
  scanner.reset();
  const auto event = scanner.next(
      "\xEF\xBB\xBF"
      "data: 2\n\n");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->data, "2");
  EXPECT_EQ(event->name, "");
  EXPECT_TRUE(event->starts_with_bom);
}

struct StripCase {
  std::string stream;
  std::string stripped;
};

TEST(AppendStripped, LeavesEveryOtherByte) {
  const StripCase cases[] = {
      {"id: 1\ndata: x\n\n", "data: x\n\n"},
      {"data: x\r\nid: 1\r\nretry: 5\r\n\r\n", "data: x\r\n\r\n"},
      {"id\rdata: x\r\r", "data: x\r\r"},
      {"\xEF\xBB\xBF"
       "data: x\n\n",
       "data: x\n\n"},
      {"\xEF\xBB\xBFid: 7\ndata: x\n\n", "data: x\n\n"},
      {"data: x\rid: 1\n\n", "data: x\r\n\n"},
      {"id: 1\n\n", ""},
      {"retry: 3000\n\ndata: x\n\n", "data: x\n\n"},
      {"\xEF\xBB\xBF\n", ""},
      {": c\nid: 1\n\n", ": c\n\n"},
      {"event: ping\n\n", ""},
      {"event: ping\ndata:\n\n", ""},
      {"data\ndata\n\n", ""},
      {": c\nevent: ping\n\n", ": c\n\n"},
      {"event: e\ndata:\ndata: x\n\n", "event: e\ndata:\ndata: x\n\n"},
      {"idx: 1\ndata: x\n\n", "idx: 1\ndata: x\n\n"},
      {"data: id: 1\n\n", "data: id: 1\n\n"},
      // Elsewhere than at the start of the stream a byte-order mark makes a line that clients
      // ignore; it must not come to stand at the start, and so goes altogether.
      {"data: 1\n\n\xEF\xBB\xBF"
       "data: 2\nid: 1\n\n",
       "data: 1\n\n"},
      {"id: 1\n\n\xEF\xBB\xBF"
       "data: 2\n\n",
       ""},
      {"\xEF\xBB\xBF\xEF\xBB\xBF"
       "data: 1\n\n",
       ""},
  };
  for (const StripCase& c : cases) {
    EXPECT_EQ(feed(c.stream, {}).stripped, c.stripped) << testing::PrintToString(c.stream);
  }
}

TEST(AppendStripped, IsIndependentOfThePieces) {
  const std::string stream =
      "\xEF\xBB\xBFid: 1\r\ndata: a\r\n\r\nevent: ping\r\rid: 2\ndata: b\n\n";
  const std::string expected = feed(stream, {}).stripped;
  EXPECT_EQ(expected, "data: a\r\n\r\ndata: b\n\n");
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    EXPECT_EQ(dispatched_by_the_standard(feed(stream, {cut}).stripped),
              dispatched_by_the_standard(expected));
  }
}

TEST(SseScanner, LineEndsAtEveryDistanceFromTheBlockBorders) {
  for (std::size_t length = 1; length < 100; ++length) {
    for (const std::string_view end : {"\n\n", "\r\r", "\r\n\r\n", "\n\r"}) {
      const std::string stream =
          "data: " + std::string(length, 'x') + std::string(end) + "data: y\n\n";
      EXPECT_EQ(data_of(stream), (Strings{std::string(length, 'x'), "y"}));
    }
  }
}

TEST(SseScanner, ALargeEventIsLookedAtOnce) {
  // 16 MiB in pieces of 4 KiB: were each call to begin again, this would look at 32 GiB.
  const std::string piece(4096, 'x');
  SseScanner scanner;
  std::string pending = "data: ";
  for (int i = 0; i < 4096; ++i) {
    pending += piece;
    ASSERT_FALSE(scanner.next(pending));
  }
  pending += "\n\n";
  const auto event = scanner.next(pending);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->data.size(), 4096U * 4096U);
}

TEST(SseScanner, ManyLinesOfDataAreJoinedInLinearTime) {
  std::string stream;
  for (int i = 0; i < 500'000; ++i) {
    stream += "data:x\n";
  }
  stream += "\n";
  SseScanner scanner;
  const auto event = scanner.next(stream);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->data.size(), 999'999U);
  EXPECT_EQ(event->data.substr(0, 3), "x\nx");
}

}  // namespace
}  // namespace http
