// Replays the corpora of the HTTP fuzz targets, so that what fuzzing once found stays found.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "http_properties.hpp"

namespace {

using Check = std::string (*)(std::string_view);

void replay(const char* name, Check check) {
  const std::filesystem::path folder = std::filesystem::path(LLM_ROUTER_CORPORA) / name;
  int replayed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(check(bytes), "") << entry.path();
    ++replayed;
  }
  EXPECT_GT(replayed, 0);
}

TEST(HttpCorpus, RequestHead) {
  replay("request_head", fuzz::check_request_head);
}
TEST(HttpCorpus, ResponseHead) {
  replay("response_head", fuzz::check_response_head);
}
TEST(HttpCorpus, Chunked) {
  replay("chunked", fuzz::check_chunked);
}
TEST(HttpCorpus, Url) {
  replay("url", fuzz::check_url);
}

}  // namespace
