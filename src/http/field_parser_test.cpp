#include "http/field_parser.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace http {
namespace {

using Step = FieldParser::Step;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Outcome {
  Step step = Step::more;
  std::vector<std::string> fields = {};  ///< as name=value
  std::string fault = {};
  Fault::Kind kind = Fault::Kind::malformed;
  std::size_t position = 0;

  bool operator==(const Outcome&) const = default;
};

/// What the parser makes of `head`, when its bytes arrive `piece` at a time.
Outcome parse(std::string_view head, std::size_t piece = 1U << 20, int max_fields = 100) {
  Headers fields;
  fields.rebase(head.data());
  FieldParser parser;
  parser.start(0, max_fields);
  Outcome outcome;
  for (std::size_t seen = 0; seen < head.size() && outcome.step == Step::more;) {
    seen = std::min(head.size(), seen + piece);
    do
      outcome.step = parser.next(head.substr(0, seen), fields);
    while (outcome.step == Step::field);
  }
  for (const Header field : fields)
    outcome.fields.push_back(std::string(field.name) + "=" + std::string(field.value));
  if (outcome.step == Step::failed) {
    outcome.fault = parser.fault().what;
    outcome.kind = parser.fault().kind;
  } else {
    outcome.position = parser.position();
  }
  return outcome;
}

TEST(FieldParser, BlanksAroundAValueAreNotOfIt) {
  const Outcome outcome = parse("A:b\r\nC: \t d e \t\r\nF:\r\nG: \r\n\r\nrest");
  EXPECT_EQ(outcome.step, Step::end);
  EXPECT_THAT(outcome.fields, ElementsAre("A=b", "C=d e", "F=", "G="));
  EXPECT_EQ(outcome.position, 28U) << "the body begins behind the empty line";
}

TEST(FieldParser, ValuesMayHoldTabsAndBytesBeyondAscii) {
  EXPECT_THAT(parse("A: b\tc\xff\x80;\"\r\n\r\n").fields, ElementsAre("A=b\tc\xff\x80;\""));
}

TEST(FieldParser, NamesAreTokens) {
  EXPECT_EQ(parse("!#$%&'*+-.^_`|~09azAZ: x\r\n\r\n").step, Step::end);
  for (const char bad : std::string("\"(),/;<=>?@[\\]{}\x7f\x80\xff\0\x01", 21))
    EXPECT_EQ(parse(std::string("a") + bad + "b: x\r\n\r\n").step, Step::failed) << int{bad};
}

TEST(FieldParser, EachFaultIsTold) {
  const auto fault = [](std::string_view head) { return parse(head).fault; };
  EXPECT_EQ(fault(" A: b\r\n\r\n"), "folded header line");
  EXPECT_EQ(fault("A: b\r\n\tc\r\n\r\n"), "folded header line");
  EXPECT_EQ(fault(": b\r\n\r\n"), "empty header name");
  EXPECT_EQ(fault("A : b\r\n\r\n"), "blank before the colon of a header");
  EXPECT_EQ(fault("A\r\n\r\n"), "header line without a colon");
  EXPECT_EQ(fault("A\n"), "header line without a colon");
  EXPECT_EQ(fault("A: b\nC: d\r\n\r\n"), "LF without CR");
  EXPECT_EQ(fault("A: b\rC: d\r\n\r\n"), "CR without LF");
  EXPECT_EQ(fault("A: b\r\n\rC"), "CR without LF");
  EXPECT_EQ(fault(std::string_view("A: b\0c\r\n\r\n", 10)), "control character in a header value");
  EXPECT_EQ(fault("A: b\x7f\r\n\r\n"), "control character in a header value");
}

TEST(FieldParser, NoTabStandsBesideWhatTellsBounds) {
  // Some take the tab for a part of the value: "chunked\t" is then another coding.
  for (const char* head :
       {"Content-Length:\t1\r\n\r\n", "Transfer-Encoding: chunked\t\r\n\r\n", "Host: a\tb\r\n\r\n"})
    EXPECT_THAT(parse(head).fault, HasSubstr("tab beside")) << head;
  EXPECT_EQ(parse("Accept:\tx\r\n\r\n").step, Step::end);
}

TEST(FieldParser, TooMuchIsAnotherKindOfFaultThanMalformed) {
  const Outcome many = parse("A: 1\r\nB: 2\r\nC: 3\r\n\r\n", 1U << 20, 2);
  EXPECT_EQ(many.kind, Fault::Kind::too_large);
  EXPECT_THAT(many.fields, ElementsAre("A=1", "B=2"));
  EXPECT_EQ(parse("A: 1\r\nB: 2\r\n\r\n", 1U << 20, 2).step, Step::end);
  const std::string longest(Headers::kMaxNameSize, 'a');
  EXPECT_EQ(parse(longest + ": x\r\n\r\n").step, Step::end);
  EXPECT_EQ(parse(longest + "a: x\r\n\r\n").kind, Fault::Kind::too_large);
  EXPECT_EQ(parse(longest + "a").step, Step::failed) << "told before the line has ended";
}

TEST(FieldParser, SplitsOfTheBytesChangeNothing) {
  for (const std::string_view head :
       {"A:b\r\nC: \t d e \t\r\nF:\r\n\r\n", "Host: x\r\nHost: y\r\n\r\n", "A: b\nC", "A : b\r\n",
        "A: b\r\n c\r\n\r\n", "A: b\rC", "\r\n", "\r\r"}) {
    const Outcome whole = parse(head);
    for (std::size_t piece = 1; piece < head.size(); ++piece)
      EXPECT_EQ(parse(head, piece), whole) << head << " by " << piece;
  }
}

TEST(FieldParser, SaysWhichKnownFieldsAreRepeated) {
  const std::string_view head = "Host: a\r\nX: 1\r\nHOST: b\r\nX: 2\r\n\r\n";
  Headers fields;
  fields.rebase(head.data());
  FieldParser parser;
  parser.start(0, 100);
  std::vector<bool> repeated;
  while (parser.next(head, fields) == Step::field)
    if (parser.field().id == HeaderId::host) repeated.push_back(parser.repeated());
  EXPECT_THAT(repeated, ElementsAre(false, true));
}

}  // namespace
}  // namespace http
