#include "llm/page_line.hpp"

#include <gtest/gtest.h>

namespace llm {
namespace {

TEST(PageLine, IsTheTitleOrTheTextOfAPage) {
  EXPECT_EQ(page_line("<html><head><title>502 Bad\n Gateway</title></head>x</html>"),
            "502 Bad Gateway");
  EXPECT_EQ(page_line(" \n<p>no <b>luck</b></p>"), "no luck");
  EXPECT_EQ(page_line("<title>cut"), "cut");
  EXPECT_EQ(page_line("<"), "");
}

TEST(PageLine, LeavesOtherTextAsItIs) {
  EXPECT_EQ(page_line("a < b"), "a < b");
  EXPECT_EQ(page_line("\r\n a\tb\x01\x7f c \n"), "a b c");
  EXPECT_EQ(page_line(" \n"), "");
  EXPECT_EQ(page_line(""), "");
}

}  // namespace
}  // namespace llm
