#include "json/scan.hpp"

#include <array>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace json {
namespace {

using base::ErrorCode;
using testing::HasSubstr;

constexpr std::array<std::string_view, 2> kNames = {"model", "stream"};

struct Scanned {
  base::Result<void> result;
  std::array<Found, 2> found;
};

Scanned scan(std::string_view text) {
  Scanned scanned;
  scanned.result = scan_object(text, kNames, scanned.found);
  return scanned;
}

/// The code that scan_object() refuses `text` with; internal_error if it doesn't.
ErrorCode refusal(std::string_view text) {
  const Scanned scanned = scan(text);
  return scanned.result ? ErrorCode::internal_error : scanned.result.error().code;
}

bool accepted(std::string_view text) {
  return scan(text).result.has_value();
}

std::string nested(int depth) {
  const auto size = static_cast<std::size_t>(depth);
  return std::string(size, '[') + std::string(size, ']');
}

TEST(ScanObject, FindsTheExactBytesOfMembers) {
  const Scanned scanned = scan(" { \"a\" : [1,{}] , \"stream\":\ttrue,\"model\": \"x\\\"y\" }\r\n");
  ASSERT_TRUE(scanned.result);
  EXPECT_EQ(scanned.found[0].kind, Kind::string);
  EXPECT_EQ(scanned.found[0].raw, "\"x\\\"y\"");
  EXPECT_EQ(scanned.found[1].kind, Kind::boolean);
  EXPECT_EQ(scanned.found[1].raw, "true");
}

TEST(ScanObject, GivesTheKindOfEveryValue) {
  const auto kind = [](std::string_view value) {
    return scan("{\"model\":" + std::string(value) + "}").found[0].kind;
  };
  EXPECT_EQ(kind("{\"a\":[]}"), Kind::object);
  EXPECT_EQ(kind("[{}]"), Kind::array);
  EXPECT_EQ(kind("\"\""), Kind::string);
  EXPECT_EQ(kind("-0.5e+3"), Kind::number);
  EXPECT_EQ(kind("false"), Kind::boolean);
  EXPECT_EQ(kind("null"), Kind::null);
}

TEST(ScanObject, LooksAtTheTopLevelOnly) {
  const Scanned scanned = scan(R"({"a":{"model":"x","MODEL":"y","stream":1,"stream":2}})");
  ASSERT_TRUE(scanned.result);
  EXPECT_EQ(scanned.found[0].kind, Kind::absent);
  EXPECT_EQ(scanned.found[1].kind, Kind::absent);
}

TEST(ScanObject, ForgetsWhatWasFoundBefore) {
  std::array<Found, 2> found;
  ASSERT_TRUE(scan_object(R"({"model":"a"})", kNames, found));
  ASSERT_TRUE(scan_object("{}", kNames, found));
  EXPECT_EQ(found[0].kind, Kind::absent);
}

TEST(ScanObject, WantsAnObject) {
  for (const std::string_view text : {"[]", "1", "\"model\"", "null", "", " "}) {
    EXPECT_EQ(refusal(text), ErrorCode::invalid_json) << text;
  }
}

TEST(ScanObject, SaysWhereAndWhatWasExpected) {
  const auto message = [](std::string_view text) { return scan(text).result.error().message; };
  EXPECT_EQ(message("{\"model\" \"x\"}"), "invalid JSON at byte 9: expected ':'");
  EXPECT_EQ(message("{\"a\":[1,2,,}]}"), "invalid JSON at byte 10: expected a value");
  EXPECT_EQ(message("{\"a\":1,}"), "invalid JSON at byte 7: expected a string");
  EXPECT_EQ(message("{} x"), "invalid JSON at byte 3: expected the end");
  EXPECT_EQ(message("{\"a\":\"\xff\"}"), "invalid JSON at byte 6: expected UTF-8");
  EXPECT_EQ(message("\xef\xbb\xbf{}"), "invalid JSON at byte 0: expected an object");
  EXPECT_EQ(message("{\"a\":1"), "invalid JSON at byte 6: expected ',' or '}'");
  EXPECT_EQ(message("{\"a\":tru}"), "invalid JSON at byte 5: expected a value");
  EXPECT_EQ(message("{\"a\":\"x"), "invalid JSON at byte 7: expected the end of a string");
}

TEST(ScanObject, BlamesTheClient) {
  EXPECT_EQ(scan("{").result.error().source, base::ErrorSource::downstream);
  EXPECT_EQ(scan("{\"a\":1,\"a\":1}").result.error().source, base::ErrorSource::downstream);
}

TEST(ScanObject, RefusesARoutedNameThatOccursTwice) {
  const Scanned scanned = scan(R"({"model":"ok","model":"secret"})");
  ASSERT_FALSE(scanned.result);
  EXPECT_EQ(scanned.result.error().code, ErrorCode::duplicate_key);
  EXPECT_EQ(scanned.result.error().param, "model");
  EXPECT_THAT(scanned.result.error().message, HasSubstr("\"model\""));
}

TEST(ScanObject, RefusesAnyNameThatOccursTwice) {
  EXPECT_EQ(refusal(R"({"a":1,"b":2,"a":1})"), ErrorCode::duplicate_key);
  EXPECT_EQ(refusal(R"({"":1,"b":2,"":1})"), ErrorCode::duplicate_key);
  EXPECT_EQ(refusal(R"({"a\u0062c":1,"abc":2})"), ErrorCode::duplicate_key);
  EXPECT_EQ(refusal(R"({"\u0061":1,"\u0061":2})"), ErrorCode::duplicate_key);
  EXPECT_EQ(refusal(R"({"\ud83d\ude00":1,")"
                    "\xf0\x9f\x98\x80\":2}"),
            ErrorCode::duplicate_key);
  EXPECT_TRUE(accepted(R"({"a":1,"A":1,"aa":1,"\n":1,"\\n":2})"));
}

TEST(ScanObject, RefusesARoutedNameInDisguise) {
  for (const std::string_view name :
       {"MODEL", "Model", "modeL", "m\\u006fdel", "\\u006dodel", "M\\u004fDEL", "m\\u006Fdel",
        "STREAM", "\\u017ftream", "\xc5\xbftream", "\xc5\xbfTREAM"}) {
    const std::string alone = "{\"" + std::string(name) + "\":\"secret\"}";
    EXPECT_EQ(refusal(alone), ErrorCode::duplicate_key) << alone;
    const std::string beside = R"({"model":"ok","stream":true,")" + std::string(name) + "\":1}";
    EXPECT_EQ(refusal(beside), ErrorCode::duplicate_key) << beside;
  }
  EXPECT_EQ(scan(R"({"MODEL":1})").result.error().param, "model");
}

TEST(ScanObject, FoldsTheKelvinSign) {
  constexpr std::array<std::string_view, 1> kToken = {"token"};
  std::array<Found, 1> found;
  for (const std::string_view text : {"{\"to\xe2\x84\xaa\x65n\":1}", "{\"to\\u212aen\":1}"}) {
    const auto result = scan_object(text, kToken, found);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::duplicate_key);
  }
}

TEST(ScanObject, AcceptsNamesThatOnlyLookLikeARoutedOne) {
  for (const std::string_view name :
       {"models", "mode", "model ", " model", "mod\xc3\xa9l", "\\u043fmodel", "stream_options",
        "m0del", "\\\\u006dodel", "strea\xc5\xbf", "mode\xc5\xbf", "MODE\\u0141"}) {
    EXPECT_TRUE(accepted("{\"" + std::string(name) + "\":1}")) << name;
  }
}

TEST(ScanObject, RefusesLoneSurrogatesWhereTheyWouldBeRead) {
  EXPECT_EQ(refusal(R"({"model":"\ud800"})"), ErrorCode::invalid_json);
  EXPECT_EQ(refusal(R"({"model":"\udc00\ud800"})"), ErrorCode::invalid_json);
  EXPECT_EQ(refusal(R"({"model":"\ud800\u0041"})"), ErrorCode::invalid_json);
  EXPECT_EQ(refusal(R"({"\ud800":1})"), ErrorCode::invalid_json);
  EXPECT_TRUE(accepted(R"({"model":"\ud83d\ude00","a":"\ud800","b":{"\udfff":1}})"));
}

TEST(ScanObject, FindsADuplicateAmongVeryManyNames) {
  constexpr int kCount = 9'990;
  std::string body = "{\"model\":\"m\"";
  for (int i = 0; i < kCount; ++i)
    body += ",\"" + std::to_string(i) + "\":0";
  EXPECT_TRUE(accepted(body + "}"));
  EXPECT_EQ(refusal(body + ",\"5000\":0}"), ErrorCode::duplicate_key);
  EXPECT_EQ(refusal(body + ",\"500\\u0030\":0}"), ErrorCode::duplicate_key);
  EXPECT_EQ(refusal(body + ",\"model\":0}"), ErrorCode::duplicate_key);
  EXPECT_EQ(refusal(body + ",\"moDel\":0}"), ErrorCode::duplicate_key);
  for (std::size_t i = kCount + 1; i < kMaxMembers; ++i)
    body += ",\"" + std::to_string(i) + "\":0";
  EXPECT_TRUE(accepted(body + "}"));
  EXPECT_EQ(refusal(body + ",\"one more\":0}"), ErrorCode::bad_request);
}

TEST(ScanObject, FindsADuplicateAtEveryCountAroundTheLimitOfFew) {
  std::string body = "{\"n0\":0";
  for (int i = 1; i < 70; ++i) {
    EXPECT_EQ(refusal(body + ",\"n0\":1}"), ErrorCode::duplicate_key) << i;
    EXPECT_EQ(refusal(body + ",\"n\\u0030\":1}"), ErrorCode::duplicate_key) << i;
    EXPECT_EQ(refusal(body + ",\"n" + std::to_string(i - 1) + "\":1}"), ErrorCode::duplicate_key);
    EXPECT_TRUE(accepted(body + ",\"x\":1}")) << i;
    body += ",\"" + std::string(i % 3 == 0 ? "\\u006e" : "n") + std::to_string(i) + "\":0";
  }
}

TEST(ScanObject, CountsTheOuterObjectAsALevel) {
  EXPECT_TRUE(accepted("{\"a\":" + nested(kMaxDepth - 1) + "}"));
  EXPECT_EQ(refusal("{\"a\":" + nested(kMaxDepth) + "}"), ErrorCode::invalid_json);
}

TEST(ScanObject, TakesTheModelInAnySpelling) {
  const Scanned scanned = scan(R"({"model":"gpt\u002d4"})");
  ASSERT_TRUE(scanned.result);
  EXPECT_EQ(scanned.found[0].raw, R"("gpt\u002d4")");
}

TEST(Validate, NestsUpToTheLimit) {
  EXPECT_TRUE(validate(nested(kMaxDepth)));
  EXPECT_FALSE(validate(nested(kMaxDepth + 1)));
  EXPECT_FALSE(validate(std::string(100'000, '[')));
  std::string objects;
  for (int i = 0; i < 100'000; ++i)
    objects += "{\"a\":";
  EXPECT_FALSE(validate(objects));
}

TEST(Validate, MatchesEachBracketWithItsOwn) {
  EXPECT_TRUE(validate("[{\"a\":[{}]},[[]]]"));
  EXPECT_FALSE(validate("[{\"a\":[{}]],[[]]]"));
  EXPECT_FALSE(validate("{\"a\":[}"));
  EXPECT_FALSE(validate("[}"));
  EXPECT_FALSE(validate("{]"));
}

TEST(Validate, RefusesOtherEncodings) {
  using std::string_view_literals::operator""sv;
  EXPECT_FALSE(validate("\xef\xbb\xbf{}"));
  EXPECT_FALSE(validate("\xff\xfe{\0}\0"sv));
  EXPECT_FALSE(validate("{\0}\0"sv));
  EXPECT_FALSE(validate("{}\0"sv));
  EXPECT_FALSE(validate("\"a\0b\""sv));
}

TEST(Validate, RefusesInvalidUtf8WhereverItStands) {
  for (const std::string_view bad : {"\x80", "\xc0\xaf", "\xc3", "\xed\xa0\x80", "\xe2\x82",
                                     "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    for (std::size_t before = 0; before < 70; ++before) {
      const std::string text = "\"" + std::string(before, 'a') + std::string(bad);
      EXPECT_FALSE(validate(text + "\""));
      EXPECT_FALSE(validate(text + std::string(70, 'a') + "\""));
    }
  }
  EXPECT_TRUE(
      validate("\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""));
}

TEST(Validate, StopsAtEveryKindOfByteInEveryPlaceOfAString) {
  for (std::size_t size = 0; size < 70; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text = "\"" + std::string(size, 'a') + "\"";
      EXPECT_TRUE(validate(text));
      for (const char bad : {'"', '\\', '\n', '\x1f', '\0'}) {
        text[at + 1] = bad;
        EXPECT_FALSE(validate(text)) << size << " " << at << " " << static_cast<int>(bad);
      }
      text[at + 1] = '\x7f';
      EXPECT_TRUE(validate(text));
    }
  }
}

TEST(Validate, KnowsEveryEscape) {
  EXPECT_TRUE(validate(R"("\"\\\/\b\f\n\r\t\u0000\uABCD\uabcd\ud800")"));
  for (const std::string_view bad : {R"("\a")", R"("\x41")", R"("\u12")", R"("\u12G4")", R"("\u")",
                                     R"("\")", R"("\U0041")", R"("\ ")", "\"\\", "\"\\u123"}) {
    EXPECT_FALSE(validate(bad)) << bad;
  }
}

TEST(Validate, KnowsEveryFormOfNumber) {
  for (const std::string_view good :
       {"0", "-0", "1", "10", "-12.50", "1e5", "1E+5", "1.0e-05", "123456789012345678901234567890",
        "1e99999999999999999999", "0.00000000000000000000000000000000001"}) {
    EXPECT_TRUE(validate(good)) << good;
    EXPECT_TRUE(validate("[" + std::string(good) + "]")) << good;
  }
  for (const std::string_view bad :
       {"01",  "-",   "-01",      "+1",        ".5",    "1.",    "1.e5", "1e",  "1e+", "0x1",
        "1_0", "NaN", "Infinity", "-Infinity", "1.5.2", "1e5.5", "--1",  "1 2", "00",  "1f"}) {
    EXPECT_FALSE(validate(bad)) << bad;
    EXPECT_FALSE(validate("[" + std::string(bad) + "]")) << bad;
  }
}

TEST(Validate, TakesTheFourWhitespacesOnlyAndAnyNumberOfThem) {
  EXPECT_TRUE(validate(" \t\r\n[ \t\r\n1 \t\r\n, \t\r\n{ \t\r\n} \t\r\n] \t\r\n"));
  for (std::size_t count = 0; count < 70; ++count) {
    const std::string spaces(count, ' ');
    EXPECT_TRUE(validate("[1," + spaces + "2" + spaces + "]" + spaces));
    EXPECT_FALSE(validate("[1," + spaces + "\v2]"));
  }
  for (const std::string_view bad : {"[1,\f2]", "[\v]", "\xc2\xa0[]", "[]\x1c", "[]\xe2\x80\xa8"}) {
    EXPECT_FALSE(validate(bad));
  }
}

TEST(Validate, SaysTheKind) {
  EXPECT_EQ(validate(" {}"), Kind::object);
  EXPECT_EQ(validate("[]"), Kind::array);
  EXPECT_EQ(validate("\"\""), Kind::string);
  EXPECT_EQ(validate("-1"), Kind::number);
  EXPECT_EQ(validate("true"), Kind::boolean);
  EXPECT_EQ(validate(" null "), Kind::null);
  EXPECT_FALSE(validate(""));
  EXPECT_FALSE(validate("True"));
  EXPECT_FALSE(validate("nul"));
}

}  // namespace
}  // namespace json
