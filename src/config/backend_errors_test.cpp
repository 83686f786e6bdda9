// Every error that a backend's entry can hold, with its exact place; and that no message of any
// kind repeats a secret.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/keys.hpp"
#include "config/testing.hpp"

namespace config {
namespace {

using ::testing::HasSubstr;
using testing::load_text;
using ::testing::Not;
using testing::report;
using ::testing::StartsWith;

/// The one diagnostic of a backend whose keys begin on line 4.
std::string error_of(std::string_view more, testing::Values values = {}) {
  const LoadResult result = load_text(
      std::string("backends:\n  - name: a\n    url: http://h\n").append(more), std::move(values));
  EXPECT_FALSE(result.ok()) << more;
  EXPECT_EQ(result.diagnostics.size(), 1U) << more << '\n' << report(result);
  return result.diagnostics.empty() ? "" : result.diagnostics[0].to_string();
}

TEST(BackendErrors, Kind) {
  EXPECT_EQ(
      error_of("    kind: olama\n"),
      "config.yaml:4:11: error: `backends[].kind` is not valid; expected one of vllm, sglang, "
      "llama.cpp, llama.cpp-router, ollama, lm-studio, tgi, tensorrt-llm, llm-router, "
      "anthropic, openai; did you mean `ollama`?");
  for (const auto& [kind, name] : llm::kBackendKinds) {
    EXPECT_THAT(find_key(Group::backend, "kind")->form.expected, HasSubstr(name));
  }
}

TEST(BackendErrors, Rename) {
  const auto of = [](std::string_view rename) {
    return error_of("    rename: " + std::string(rename) + "\n");
  };
  EXPECT_THAT(of("{}"), StartsWith("config.yaml:4:13: error: `backends[].rename` is empty"));
  EXPECT_THAT(of("[a]"), StartsWith("config.yaml:4:13: error: `backends[].rename` is a list"));
  EXPECT_THAT(of("{a: ''}"),
              StartsWith("config.yaml:4:17: error: a model's new name is not valid"));
  EXPECT_THAT(of("{a: }"), HasSubstr("a model's new name is not valid"));
  EXPECT_THAT(of("{a: [b]}"), StartsWith("config.yaml:4:17: error: a model's new name"));
  EXPECT_THAT(of("{a: " + std::string(257, 'b') + "}"), HasSubstr("new name is not valid"));
  EXPECT_THAT(of("{a: \"b\\n\"}"), HasSubstr("a model's new name is not valid"));
  EXPECT_THAT(of("{'': b}"), StartsWith("config.yaml:4:14: error: a model id is not valid"));
  EXPECT_THAT(of("{a: c, b: c}"),
              StartsWith("config.yaml:4:23: error: two models have this new name"));
  EXPECT_THAT(of("{a: c, a: d}"), HasSubstr("twice"));
  EXPECT_THAT(of("{a: c}\n    models: [b]"),
              StartsWith("config.yaml:4:14: error: a model id that isn't in `models`"));
  EXPECT_THAT(of("{a: b}\n    models: [a, b]"),
              StartsWith("config.yaml:4:17: error: a new name that another model in `models` has"));
  const auto swapped =
      load_text("backends: [{name: a, url: http://h, models: [a, b], rename: {a: b, b: a}}]\n");
  EXPECT_TRUE(swapped.ok()) << report(swapped);
}

TEST(BackendErrors, NameAndUrl) {
  const auto first = [](std::string_view item) {
    return report(load_text(std::string("backends:\n  - ").append(item)));
  };
  EXPECT_EQ(first("url: http://h"),
            "config.yaml:2:5: error: `backends[].name` is missing; expected 1 to 64 bytes without "
            "slashes and control characters\n");
  EXPECT_THAT(first("{name: a/b, url: http://h}"),
              StartsWith("config.yaml:2:12: error: `backends[].name` is not valid; expected"));
  EXPECT_THAT(first("{name: '', url: http://h}"),
              StartsWith("config.yaml:2:12: error: `backends[].name` is not valid"));
  EXPECT_THAT(first("{name: \"a\\nb\", url: http://h}"),
              StartsWith("config.yaml:2:12: error: `backends[].name` is not valid"));
  EXPECT_THAT(first("name: " + std::string(65, 'a') + "\n    url: http://h"),
              StartsWith("config.yaml:2:11: error: `backends[].name` is not valid"));
  EXPECT_THAT(
      first("name: a"),
      StartsWith("config.yaml:2:5: error: `backends[].url` is missing; expected an address"));
  EXPECT_THAT(first("{name: a, url: }"),
              StartsWith("config.yaml:2:15: error: `backends[].url` has no value"));
  EXPECT_THAT(first("{name: a, url: ftp://h}"),
              StartsWith("config.yaml:2:20: error: `backends[].url` is not valid: "));
  EXPECT_THAT(
      first("{name: a, url: 'http://u:CANARY@h'}"),
      ::testing::AllOf(StartsWith("config.yaml:2:20: error: `backends[].url` is not valid: "),
                       HasSubstr("use `auth`"), Not(HasSubstr("CANARY"))));
  EXPECT_EQ(first("just text"),
            "config.yaml:2:5: error: a backend is not valid; expected a mapping with `name` and "
            "`url`\n");
}

TEST(BackendErrors, NamesAreUnique) {
  EXPECT_EQ(
      error_of("  - {name: b, url: http://h}\n  - {name: a, url: http://i}\n"),
      "config.yaml:5:12: error: `backends[].name` is taken by the backend on line 2; expected "
      "another name");
}

TEST(BackendErrors, Keys) {
  EXPECT_EQ(error_of("    modles: [x]"),
            "config.yaml:4:5: error: unknown key `modles`; did you mean `models`?");
  EXPECT_EQ(error_of("    token: CANARY"),
            "config.yaml:4:5: error: unknown key `token`; did you mean `backends[].auth.token`?");
  EXPECT_EQ(error_of("    url: http://i"),
            "config.yaml:4:5: error: `backends[].url` stands twice; the first is on line 3");
  EXPECT_EQ(error_of("    timeouts: {drain: 5s}"),
            "config.yaml:4:16: error: unknown key `drain`; did you mean `timeouts.drain`?");
  EXPECT_THAT(error_of("    timeouts: {idle: soon}"),
              StartsWith("config.yaml:4:22: error: `backends[].timeouts.idle` is not a duration"));
}

TEST(BackendErrors, Auth) {
  EXPECT_THAT(
      error_of("    auth: bearer"),
      StartsWith("config.yaml:4:11: error: `backends[].auth` is not valid; expected a mapping"));
  EXPECT_THAT(
      error_of("    auth: {}"),
      StartsWith("config.yaml:4:11: error: `backends[].auth.type` is missing; expected one of"));
  EXPECT_THAT(
      error_of("    auth: {type: bearr, token: x}"),
      ::testing::AllOf(StartsWith("config.yaml:4:18: error: `backends[].auth.type` is not valid"),
                       HasSubstr("did you mean `bearer`?")));
  EXPECT_THAT(
      error_of("    auth: {type: bearer}"),
      StartsWith("config.yaml:4:11: error: `backends[].auth.token` is missing; expected a text"));
  EXPECT_THAT(error_of("    auth: {type: bearer, token: }"),
              StartsWith("config.yaml:4:26: error: `backends[].auth.token` has no value"));
  EXPECT_THAT(
      error_of("    auth: {type: bearer, token: ''}"),
      StartsWith("config.yaml:4:33: error: `backends[].auth.token` is empty, or holds spaces"));
  EXPECT_THAT(
      error_of("    auth: {type: bearer, token: x, password: y}"),
      StartsWith("config.yaml:4:46: error: `backends[].auth.password` belongs to `type: basic`"));
  EXPECT_THAT(
      error_of("    auth: {type: forward, value: y}"),
      StartsWith("config.yaml:4:34: error: `backends[].auth.value` belongs to `type: header`"));
  EXPECT_THAT(error_of("    auth: {type: basic, password: y}"),
              StartsWith("config.yaml:4:11: error: `backends[].auth.username` is missing"));
  EXPECT_THAT(error_of("    auth: {type: basic, username: 'a:b', password: y}"),
              StartsWith("config.yaml:4:35: error: `backends[].auth.username` holds a colon"));
  EXPECT_THAT(error_of("    auth: {type: header, value: y}"),
              StartsWith("config.yaml:4:11: error: `backends[].auth.name` is missing"));
  EXPECT_THAT(error_of("    auth: {type: header, name: 'a b', value: y}"),
              StartsWith("config.yaml:4:32: error: `backends[].auth.name` is not a header name"));
  EXPECT_THAT(
      error_of("    auth: {type: header, name: Host, value: y}"),
      StartsWith("config.yaml:4:32: error: `backends[].auth.name` is a header that the router"));
}

TEST(BackendErrors, ModelsAndHeaders) {
  EXPECT_THAT(error_of("    models: []"),
              StartsWith("config.yaml:4:13: error: `backends[].models` is empty; expected a list"));
  EXPECT_THAT(error_of("    models: [a, '']"),
              StartsWith("config.yaml:4:17: error: a model id is not valid; expected a text of 1"));
  EXPECT_THAT(error_of("    models: [a, b, a]"),
              StartsWith("config.yaml:4:20: error: a model id stands twice"));
  EXPECT_THAT(
      error_of("    headers: [a]"),
      StartsWith("config.yaml:4:14: error: `backends[].headers` is a list; expected a mapping"));
  EXPECT_THAT(error_of("    headers: {'a b': c}"),
              StartsWith("config.yaml:4:15: error: not a header name; expected"));
  EXPECT_THAT(error_of("    headers: {X-A: b, x-a: c}"),
              StartsWith("config.yaml:4:23: error: a header that stands twice"));
  EXPECT_THAT(error_of("    auth: {type: bearer, token: x}\n    headers: {authorization: c}"),
              StartsWith("config.yaml:5:15: error: a header that `auth` sets already"));
  EXPECT_THAT(error_of("    headers: {X-A: }"),
              StartsWith("config.yaml:4:15: error: a header has no value; expected a text"));
  for (const char* name : {"Host", "content-length", "Transfer-Encoding", "connection", "TE",
                           "Expect", "X-Router-Hops", "X-Request-Id"}) {
    EXPECT_THAT(error_of("    headers: {" + std::string(name) + ": x}"),
                StartsWith("config.yaml:4:15: error: a header that the router writes itself"));
  }
}

TEST(BackendErrors, ValuesThatWouldBreakTheRequest) {
  for (const char* bad :
       {"CANARY\\r\\nX-Evil: 1", "CANARY\\n", "CANARY\\0", "\\x7fCANARY", " CANARY", "CANARY\\t"}) {
    const std::string value = "\"" + std::string(bad) + "\"";
    const std::string header = error_of("    headers: {X-A: " + value + "}");
    EXPECT_THAT(header,
                StartsWith("config.yaml:4:20: error: a header's value is empty, begins or"));
    const std::string bearer = error_of("    auth: {type: bearer, token: " + value + "}");
    EXPECT_THAT(bearer,
                StartsWith("config.yaml:4:33: error: `backends[].auth.token` is empty, or"));
    const std::string custom =
        error_of("    auth: {type: header, name: X-K, value: " + value + "}");
    EXPECT_THAT(custom,
                StartsWith("config.yaml:4:44: error: `backends[].auth.value` is empty, beg"));
    EXPECT_THAT((std::vector{header, bearer, custom}), ::testing::Each(Not(HasSubstr("CANARY"))));
  }
  EXPECT_THAT(error_of("    auth: {type: bearer, token: '${T}'}", {{"T", "CANARY\r\nX: y"}}),
              Not(HasSubstr("CANARY")));
  EXPECT_THAT(error_of("    auth: {type: basic, username: u, password: \"a\\nb\"}"),
              StartsWith("config.yaml:4:48: error: `backends[].auth.password` holds control"));
}

TEST(Errors, NeverRepeatWhatMayBeASecret) {
  for (const char* yaml : {"api_keys: *CANARY",
                           "api_keys: [CANARY CANARY, CANARY",
                           "api_keys: {CANARY: x}",
                           "api_keys: !CANARY x",
                           "backends: [{auth: {CANARY}}]",
                           "backends: [{auth: {CANARY: x}}]",
                           "backends: [{auth: {type: CANARY, token: CANARY}}]",
                           "backends: [{url: CANARY}]",
                           "backends: [{url: 'http://CANARY:CANARY@h'}]",
                           "backends: [{url: 'http://h/?k=CANARY'}]",
                           "backends: [{headers: {'CANARY key': CANARY}}]",
                           "backends: [{models: [\"CANARY\\n\"]}]",
                           "backends: [{auth: {type: bearer, token: '${CANARY-x}'}}]",
                           "log: {access: \"CANARY\\0\"}",
                           "log: {level: CANARY}",
                           "listen: CANARY/1",
                           "workers: CANARY",
                           "limits: {body: CANARY}",
                           "timeouts: {idle: CANARY}",
                           "trusted_proxies: [CANARY]",
                           "\"\\CANARY\": 1",
                           "sk-CANARY-12345: 1",
                           "\"CANARY",
                           "a: @CANARY",
                           "a: `CANARY",
                           "%CANARY 1\n---\na: 1",
                           "%YAML CANARY\n---\na: 1",
                           "backends: CANARY",
                           "CANARY"}) {
    const LoadResult result = load_text(yaml);
    EXPECT_FALSE(result.ok()) << yaml;
    EXPECT_THAT(report(result), Not(HasSubstr("CANARY"))) << yaml;
  }
}

}  // namespace
}  // namespace config
