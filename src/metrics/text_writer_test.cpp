#include "metrics/text_writer.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr Metric kMetric{};

/// The line of one sample with that label value.
std::string line_with(std::string_view value) {
  TextWriter writer;
  writer.sample({{"l", value}}, std::uint64_t{1});
  return writer.take();
}

TEST(TextWriter, AFamilyBeginsWithItsHelpAndType) {
  TextWriter writer;
  writer.family(kMetric);
  writer.sample({}, std::uint64_t{7});
  const std::string name(definition(kMetric).name);
  const std::string text = writer.take();
  EXPECT_THAT(text, StartsWith("# HELP " + name + " "));
  EXPECT_THAT(text, HasSubstr("\n# TYPE " + name + " "));
  EXPECT_TRUE(text.ends_with("\n" + name + " 7\n")) << text;
}

TEST(TextWriter, LabelsStandInTheirOrder) {
  TextWriter writer;
  writer.sample("_bucket", {{"a", "x"}, {"le", "+Inf"}}, std::int64_t{-3});
  EXPECT_EQ(writer.take(), "_bucket{a=\"x\",le=\"+Inf\"} -3\n");
}

TEST(TextWriter, TheFormatsThreeEscapes) {
  EXPECT_EQ(line_with("a\\b\"c\nd"), "{l=\"a\\\\b\\\"c\\nd\"} 1\n");
}

TEST(TextWriter, NoValueCanEndItsLineOrBreakItsUtf8) {
  using namespace std::string_view_literals;
  EXPECT_EQ(line_with("a\r\x01\0b"sv),
            "{l=\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
            "b\"} 1\n");
  EXPECT_EQ(line_with("\xff\xc3"), "{l=\"\xef\xbf\xbd\xef\xbf\xbd\"} 1\n");
  EXPECT_EQ(line_with("模型"), "{l=\"模型\"} 1\n");
}

TEST(TextWriter, NumbersReadBackAsTheyWere) {
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(1e300), "1e+300");
  EXPECT_EQ(number_text(-0.5), "-0.5");
  EXPECT_EQ(number_text(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(number_text(-std::numeric_limits<double>::infinity()), "-Inf");
  EXPECT_EQ(number_text(std::numeric_limits<double>::quiet_NaN()), "NaN");
  for (const double value : {1.0 / 3, 1e-300, 123456789.123456789})
    EXPECT_EQ(std::stod(number_text(value)), value);
}

}  // namespace
}  // namespace metrics
