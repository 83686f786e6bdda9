#include "http/framing.hpp"

#include <string>

#include <gtest/gtest.h>

#include "http/field_parser.hpp"

namespace http {
namespace {

TEST(ContentLength, IsDigitsAndNothingElse) {
  EXPECT_EQ(parse_content_length("0"), 0U);
  EXPECT_EQ(parse_content_length("1234567890"), 1234567890U);
  for (const char* value :
       {"", " ", "+1", "-1", "1 ", " 1", "1_0", "0x1", "1e3", "1,1", "1.0", "a", "\xef\xbc\x91"})
    EXPECT_FALSE(parse_content_length(value)) << value;
}

TEST(ContentLength, IsNeverReadAsOctal) {
  EXPECT_FALSE(parse_content_length("00"));
  EXPECT_FALSE(parse_content_length("010"));
}

TEST(ContentLength, EndsBelowTheSignBit) {
  EXPECT_EQ(parse_content_length("9223372036854775807"), 9223372036854775807U);
  EXPECT_FALSE(parse_content_length("9223372036854775808"));
  EXPECT_FALSE(parse_content_length("9999999999999999999"));
  EXPECT_FALSE(parse_content_length("18446744073709551617"));  // 1, if 64 bits were to wrap
}

TEST(ConnectionOptions, AreWordsInAnyCaseBetweenCommas) {
  ConnectionOptions options;
  ASSERT_TRUE(options.add(" , Close,\tKEEP-alive ,,"));
  EXPECT_TRUE(options.close && options.keep_alive);
  EXPECT_FALSE(options.names_fields);
  ASSERT_TRUE(options.add("closed"));
  EXPECT_TRUE(options.names_fields) << "only the whole word is `close`";
}

TEST(ConnectionOptions, CountOverAllFieldsOfAHead) {
  ConnectionOptions options;
  for (int i = 0; i < ConnectionOptions::kMaxOptions; ++i)
    ASSERT_TRUE(options.add("x"));
  EXPECT_FALSE(options.add("x"));
  ConnectionOptions commas;
  EXPECT_FALSE(commas.add(std::string(ConnectionOptions::kMaxOptions + 1, ',')))
      << "empty elements are work too";
}

/// The fields of a head that is good.
Headers parsed(std::string_view head) {
  Headers fields;
  fields.rebase(head.data());
  FieldParser parser;
  parser.start(0, 100);
  while (parser.next(head, fields) == FieldParser::Step::field) {
  }
  return fields;
}

TEST(NamedByConnection, IsFoundInEachOfItsFields) {
  const std::string head =
      "Connection: close, X-One\r\nX-Two: Connection\r\nconnection:\tx-three \r\n\r\n";
  const Headers fields = parsed(head);
  EXPECT_TRUE(is_named_by_connection(fields, "x-one"));
  EXPECT_TRUE(is_named_by_connection(fields, "X-Three"));
  EXPECT_FALSE(is_named_by_connection(fields, "X-Two"));
  EXPECT_FALSE(is_named_by_connection(fields, "X-On"));
  EXPECT_FALSE(is_named_by_connection(fields, "X-One2"));
}

}  // namespace
}  // namespace http
