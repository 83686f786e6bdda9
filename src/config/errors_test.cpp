// Every error that a document can hold outside of its backends, with its exact place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/testing.hpp"
#include "config/yaml_tree.hpp"

namespace config {
namespace {

using ::testing::HasSubstr;
using testing::load_text;
using testing::report;
using ::testing::StartsWith;

constexpr std::string_view kBackends = "backends: [{name: a, url: 'http://h'}]\n";

/// The one diagnostic of `more`, which stands from line 2 on.
std::string error_of(std::string_view more) {
  const LoadResult result = load_text(std::string(kBackends).append(more));
  EXPECT_FALSE(result.ok()) << more;
  EXPECT_EQ(result.diagnostics.size(), 1U) << more << '\n' << report(result);
  return result.diagnostics.empty() ? "" : result.diagnostics[0].to_string();
}

struct Case {
  std::string_view yaml;
  std::string_view start;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.yaml;
}

class RootErrors : public ::testing::TestWithParam<Case> {};

TEST_P(RootErrors, NamesThePlaceTheKeyAndWhatWasExpected) {
  EXPECT_THAT(error_of(GetParam().yaml), StartsWith(std::string(GetParam().start)));
}

INSTANTIATE_TEST_SUITE_P(
    Keys, RootErrors,
    ::testing::Values(
        Case{"bakends: []",
             "config.yaml:2:1: error: unknown key `bakends`; did you mean `backends`?"},
        Case{"refresh-interval: 3",
             "config.yaml:2:1: error: unknown key `refresh-interval`; did you mean "
             "`refresh_interval`?"},
        Case{"limits: {header_byte: 1}",
             "config.yaml:2:10: error: unknown key `header_byte`; did you mean `header_bytes`?"},
        Case{"token: x",
             "config.yaml:2:1: error: unknown key `token`; did you mean `backends[].auth.token`?"},
        Case{"limits:\n  body: 1k\n  zebra: 1",
             "config.yaml:4:3: error: unknown key `zebra`; expected one of `header_bytes`, "},
        Case{"workers: 1\nworkers: 2",
             "config.yaml:3:1: error: `workers` stands twice; the first is on line 2"},
        Case{"? [a, b]\n: 1", "config.yaml:2:3: error: unknown key; expected one of `backends`"},
        Case{"? {a: b}\n: 1", "config.yaml:2:3: error: unknown key; expected one of `backends`"}));

INSTANTIATE_TEST_SUITE_P(
    Kinds, RootErrors,
    ::testing::Values(
        Case{"limits: 5", "config.yaml:2:9: error: `limits` is not valid; expected a mapping"},
        Case{"limits: [1]", "config.yaml:2:9: error: `limits` is a list; expected a mapping"},
        Case{"listen: {port: 1}",
             "config.yaml:2:9: error: `listen` is a mapping; expected an address"},
        Case{"listen:", "config.yaml:2:1: error: `listen` has no value; expected an address"},
        Case{"listen: ~", "config.yaml:2:1: error: `listen` has no value; expected an address"},
        Case{"api_keys: sk",
             "config.yaml:2:11: error: `api_keys` is not valid; expected a list of keys"},
        Case{"api_keys: []", "config.yaml:2:11: error: `api_keys` holds no key; leave it out"},
        Case{"api_keys:", "config.yaml:2:1: error: `api_keys` holds no key; leave it out"},
        Case{"api_keys: [sk, {a: b}]",
             "config.yaml:2:16: error: a key is a mapping; expected a text"},
        Case{"api_keys: [sk, '']", "config.yaml:2:16: error: a key is empty, or holds spaces"},
        Case{"api_keys: [\"a\\rb\"]", "config.yaml:2:12: error: a key is empty, or holds spaces"},
        Case{"api_keys: ['${NO}']",
             "config.yaml:2:12: error: `api_keys` needs the environment variable `NO`, which is "
             "not set"}));

INSTANTIATE_TEST_SUITE_P(
    Values, RootErrors,
    ::testing::Values(
        Case{"listen: 1.2.3:80",
             "config.yaml:2:9: error: `listen` is not valid; expected an address"},
        Case{"listen: a:65536",
             "config.yaml:2:9: error: `listen` is not valid; expected an address"},
        Case{"admin: {listen: x}",
             "config.yaml:2:17: error: `admin.listen` is not valid; expected"},
        Case{"listen: 127.0.0.1:9901",
             "config.yaml:2:9: error: `listen` and `admin.listen` are the same address"},
        Case{"admin: {listen: 0.0.0.0:8080}",
             "config.yaml:2:17: error: `listen` and `admin.listen` are the same address"},
        Case{"refresh_interval: 0",
             "config.yaml:2:19: error: `refresh_interval` is too short; expected"},
        Case{"refresh_interval: 5 min",
             "config.yaml:2:19: error: `refresh_interval` is not a duration; expected a number of "
             "seconds, or a text such as 500ms, 10s, 5m, 1h"},
        Case{"timeouts: {idle: 200h}",
             "config.yaml:2:18: error: `timeouts.idle` is longer than 7 days"},
        Case{"timeouts: {idle: -1}", "config.yaml:2:18: error: `timeouts.idle` is not a duration"},
        Case{"workers: 0",
             "config.yaml:2:10: error: `workers` is out of range; expected a whole "
             "number from 1 to 256"},
        Case{"workers: two", "config.yaml:2:10: error: `workers` is not a whole number; expected"},
        Case{"limits: {body: 32MB}",
             "config.yaml:2:16: error: `limits.body` is not a size; expected"},
        Case{"limits: {body: 5GiB}",
             "config.yaml:2:16: error: `limits.body` must lie between 1KiB and 4GiB; expected"},
        Case{"limits: {header_fields: 0}",
             "config.yaml:2:25: error: `limits.header_fields` is out of range; expected"},
        Case{"limits: {buffered: 16MiB}",
             "config.yaml:2:20: error: `limits.buffered` is too small for one request; with these "
             "`limits.body`, `limits.answer` and `limits.event` it must be at least 46MiB"},
        Case{"limits: {buffered: 45MiB}",
             "config.yaml:2:20: error: `limits.buffered` is too small"},
        Case{"limits: {body: 1MiB, event: 64MiB, buffered: 80MiB}",
             "config.yaml:2:46: error: `limits.buffered` is too small for one request; with these "
             "`limits.body`, `limits.answer` and `limits.event` it must be at least 84MiB"},
        Case{"log: {level: inof}",
             "config.yaml:2:14: error: `log.level` is not valid; expected one of trace, debug, "
             "info, "
             "warn, error, off; did you mean `info`?"},
        Case{"log: {format: yaml}",
             "config.yaml:2:15: error: `log.format` is not valid; expected json or text"},
        Case{"log: {access: stdot}",
             "config.yaml:2:15: error: `log.access` is not valid; expected off, stdout or a file's "
             "path; did you mean `stdout`?"},
        Case{"log: {access: ''}",
             "config.yaml:2:15: error: `log.access` is not valid; expected off"},
        Case{"trusted_proxies: [10.0.0.0/8, 10.0.0.1/8]",
             "config.yaml:2:31: error: not an address or network; expected one such as 10.0.0.0/8"},
        Case{"trusted_proxies: [[::1]]", "config.yaml:2:19: error: not an address or network"}));

TEST(YamlErrors, PointAtTheirPlace) {
  const auto first = [](std::string_view yaml) { return report(load_text(yaml)); };
  EXPECT_THAT(first(""),
              StartsWith("config.yaml:1:1: error: the file is empty; write for example:\n"
                         "backends:\n  - name: local\n"));
  EXPECT_THAT(first("# only a comment\n"), StartsWith("config.yaml:1:1: error: the file is empty"));
  EXPECT_THAT(first("~"), StartsWith("config.yaml:1:1: error: the file is empty"));
  EXPECT_THAT(first("- a"),
              StartsWith("config.yaml:1:1: error: not a mapping; write for example:"));
  EXPECT_THAT(first("listen: a:1\n"),
              StartsWith("config.yaml:1:1: error: `backends` is missing; write"));
  EXPECT_THAT(first("backends:\n"),
              StartsWith("config.yaml:1:1: error: `backends` is empty; write"));
  EXPECT_THAT(first("backends: []"),
              StartsWith("config.yaml:1:11: error: `backends` is empty; write"));
  EXPECT_EQ(first("a: 1\n---\nb: 2\n"),
            "config.yaml:2:1: error: a second document; expected one document in a file\n");
  EXPECT_EQ(first("a:\n  b: c: d\n"), "config.yaml:2:7: error: not YAML: illegal map value\n");
  EXPECT_EQ(first("a: !env X\n"),
            "config.yaml:1:4: error: a tag; expected a plain value (put quotes around text that "
            "begins with `!`)\n");
  EXPECT_THAT(first("a:\n\tb: c\n"), HasSubstr("indent by spaces, not tabs"));
  EXPECT_THAT(first("a: {b: ${C}}\n"), HasSubstr("put quotes around text with `${`"));
}

TEST(YamlErrors, BytesThatAreNoText) {
  EXPECT_EQ(report(load_text("ab: 1\nb: \x04")),
            "config.yaml:2:4: error: a control character; expected text\n");
  EXPECT_EQ(report(load_text(std::string_view("a\0: 1", 5))),
            "config.yaml:1:2: error: a control character; expected text\n");
  EXPECT_EQ(report(load_text("a: \xC3\xA9\xFF")), "config.yaml:1:6: error: not valid UTF-8\n");
  EXPECT_EQ(report(load_text("\xFF\xFE"
                             "a")),
            "config.yaml:1:1: error: not valid UTF-8\n");
}

TEST(YamlErrors, DocumentsThatWouldCostTooMuch) {
  const auto contains = [](const std::string& yaml, std::string_view problem) {
    EXPECT_THAT(report(load_text(yaml)), HasSubstr(std::string(problem)));
  };
  contains(std::string(kMaxYamlBytes + 1, ' '), "larger than 1 MiB");
  contains(std::string(500'000, '['), "nested too deep");
  contains(std::string(500'000, '{'), "nested too deep");
  std::string dashes;
  std::string lists = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string target = "*a" + std::to_string(i - 1);
    lists += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + target;
    for (int j = 1; j < 10; ++j)
      lists += ", " + target;
    lists += "]\n";
  }
  for (int i = 0; i < 100'000; ++i)
    dashes += "- ";
  contains(dashes, "nested too deep");
  contains(lists, "more than 100000 values");
  contains("a: &a [*a]\n", "an alias to the value that holds it");
}

TEST(Errors, ComeAllAtOnceInTheOrderOfTheFile) {
  const LoadResult result = load_text("workers: x\nlimits: {body: x}\nbackends: [{}]\nzebra: 1\n");
  const auto on_line = [](int line) { return ::testing::Field(&Diagnostic::line, line); };
  EXPECT_THAT(result.diagnostics,
              ::testing::ElementsAre(on_line(1), on_line(2), on_line(3), on_line(3), on_line(4)));
}

}  // namespace
}  // namespace config
