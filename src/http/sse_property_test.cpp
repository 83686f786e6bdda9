#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "http/sse_test_feed.hpp"

namespace http {
namespace {

/// What clients see must not depend on where the network cut the stream, nor on what was stripped.
void expect_invariant(std::string_view stream, const std::vector<std::size_t>& cuts) {
  const Outcome outcome = feed(stream, cuts);
  const std::vector<Message> expected = dispatched_by_the_standard(stream);
  ASSERT_EQ(outcome.messages, expected) << testing::PrintToString(std::string(stream));
  ASSERT_EQ(outcome.bytes + outcome.left, stream);
  ASSERT_EQ(dispatched_by_the_standard(outcome.stripped), expected)
      << testing::PrintToString(std::string(stream));
  ASSERT_EQ(outcome.stripped.find("\nid:"), std::string::npos);
}

TEST(SseScanner, RandomStreamsInRandomPieces) {
  const std::string_view pieces[] = {"data",
                                     "data:",
                                     "data: ",
                                     "event: ",
                                     "id: ",
                                     "id",
                                     "retry: 5",
                                     ":",
                                     "\n",
                                     "\n",
                                     "\n\n",
                                     "\r",
                                     "\r",
                                     "\r\n",
                                     "\r\n\r\n",
                                     "x",
                                     "{\"a\":\"b c d e f g h i j k l m n o p\"}",
                                     "\xEF\xBB\xBF",
                                     "error: e",
                                     std::string_view("\0", 1),
                                     " "};
  base::Random random(20261123);
  for (int round = 0; round < 20'000; ++round) {
    std::string stream;
    for (std::uint64_t n = random.next() % 24; n > 0; --n) {
      stream += pieces[random.next() % std::size(pieces)];
    }
    std::vector<std::size_t> cuts;
    for (std::uint64_t n = random.next() % 8; n > 0; --n) {
      cuts.push_back(random.next() % (stream.size() + 1));
    }
    std::ranges::sort(cuts);
    expect_invariant(stream, cuts);
    if (HasFatalFailure()) return;
  }
}

TEST(SseScanner, ReplaysTheFuzzCorpus) {
  const std::filesystem::path corpus = std::filesystem::path(LLM_ROUTER_CORPORA) / "sse";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string stream(std::istreambuf_iterator<char>(in), {});
    SCOPED_TRACE(entry.path().filename());
    expect_invariant(stream, {});
    expect_invariant(stream, every_byte(stream));
    ++files;
  }
  EXPECT_GT(files, 5);
}

}  // namespace
}  // namespace http
