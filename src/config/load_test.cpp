#include "config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/testing.hpp"

namespace config {
namespace {

using testing::load_text;
using testing::report;

constexpr std::string_view kMinimal = "backends: [{name: a, url: 'http://h'}]\n";

Config good(std::string_view yaml, testing::Values values = {}) {
  LoadResult result = load_text(yaml, std::move(values));
  EXPECT_EQ(report(result), "");
  return std::move(result.config);
}

Config good_with(std::string_view more) {
  return good(std::string(kMinimal).append(more));
}

TEST(Load, ReadsTheClassicFileUnchanged) {
  const Config config = good(R"(refresh_interval: 300          # seconds between model refreshes
backends:
  - name: "backend-name"
    url: "http://backend-url"
    auth: {type: "bearer", token: "your-token"}
  - name: "basic-auth-backend"
    url: "http://backend-url"
    auth: {type: "basic", username: "user", password: "pass"}
  - name: "custom-header-auth"
    url: "http://backend-url"
    auth: {type: "header", name: "X-API-Key", value: "your-api-key"}
)");
  EXPECT_EQ(config.refresh_interval, 300s);
  ASSERT_EQ(config.backends.size(), 3U);
  EXPECT_EQ(config.backends[0].name, "backend-name");
  EXPECT_EQ(config.backends[0].url.host, "backend-url");
  EXPECT_EQ(config.backends[0].auth.kind, Auth::Kind::bearer);
  EXPECT_EQ(config.backends[0].auth.header, "Authorization");
  EXPECT_EQ(config.backends[0].auth.value.reveal(), "Bearer your-token");
  EXPECT_EQ(config.backends[1].auth.kind, Auth::Kind::basic);
  EXPECT_EQ(config.backends[1].auth.header, "Authorization");
  EXPECT_EQ(config.backends[1].auth.value.reveal(), "Basic dXNlcjpwYXNz");
  EXPECT_EQ(config.backends[2].auth.kind, Auth::Kind::header);
  EXPECT_EQ(config.backends[2].auth.header, "X-API-Key");
  EXPECT_EQ(config.backends[2].auth.value.reveal(), "your-api-key");
}

TEST(Load, HasTheDocumentedDefaults) {
  const Config config = good(kMinimal);
  EXPECT_EQ(config.refresh_interval, 300s);
  EXPECT_EQ(config.listen.at(0).address.to_string(), "0.0.0.0:8080");
  EXPECT_EQ(config.admin.listen.to_string(), "127.0.0.1:9901");
  EXPECT_TRUE(config.admin.listen_is_default);
  EXPECT_TRUE(config.api_keys.empty());
  EXPECT_FALSE(config.workers);
  EXPECT_EQ(config.limits.header_bytes, 32768U);
  EXPECT_EQ(config.limits.header_fields, 100U);
  EXPECT_EQ(config.limits.body, 33554432U);
  EXPECT_EQ(config.limits.event, 16777216U);
  EXPECT_EQ(config.limits.answer, 1048576U);
  EXPECT_EQ(config.limits.buffered, 536870912U);
  EXPECT_FALSE(config.limits.connections);
  EXPECT_EQ(config.stream.commit_after, 15s);
  EXPECT_EQ(config.stream.comment_interval, 15s);
  EXPECT_EQ(config.log.level, LogLevel::info);
  EXPECT_EQ(config.log.access, AccessSink::standard_output);
  EXPECT_EQ(config.log.format, LogFormat::json);
  EXPECT_TRUE(config.trusted_proxies.empty());
  const Backend& backend = config.backends.at(0);
  EXPECT_EQ(backend.auth.kind, Auth::Kind::none);
  EXPECT_FALSE(backend.kind);
  EXPECT_TRUE(backend.rename.empty());
  EXPECT_TRUE(backend.models.empty());
  EXPECT_TRUE(backend.headers.empty());
  EXPECT_TRUE(backend.masked.empty());
}

TEST(Load, HasTheDocumentedTimeouts) {
  const Timeouts timeouts = good(kMinimal).timeouts;
  EXPECT_EQ(timeouts.connect, 3s);
  EXPECT_EQ(timeouts.tls, 5s);
  EXPECT_FALSE(timeouts.first_token);
  EXPECT_EQ(timeouts.idle, 60s);
  EXPECT_EQ(timeouts.total, 600s);
  EXPECT_FALSE(timeouts.backend_keep_alive);
  EXPECT_EQ(timeouts.header, 10s);
  EXPECT_EQ(timeouts.body_gap, 60s);
  EXPECT_EQ(timeouts.keep_alive, 75s);
  EXPECT_EQ(timeouts.drain, 600s);
  EXPECT_EQ(timeouts.shutdown_delay, 0s);
  EXPECT_EQ(kFirstTokenPrivate, 600s);
  EXPECT_EQ(kFirstTokenPublic, 120s);
  EXPECT_EQ(kBackendKeepAlivePrivate, 4s);
  EXPECT_EQ(kBackendKeepAlivePublic, 55s);
}

constexpr std::string_view kEveryKey = R"(
backends:
  - name: gpu 1
    url: https://gpu.example:8443/api/openai
    auth: {type: none}
    kind: llama.cpp-router
    models: [meta/llama, "8"]
    rename: {meta/llama: llama, "8": meta/llama}
    headers: {X-Title: router, X-Team: "${TEAM}"}
    timeouts: {connect: 1, tls: 2, first_token: 5m, idle: 30s, total: 1h, backend_keep_alive: 2s}
listen: "[::1]:8000"
admin: {listen: 9000}
api_keys: ["sk-1", "${KEY}", "${file:/run/key}"]
refresh_interval: 0.5
workers: 3
limits: {header_bytes: 16KiB, header_fields: 50, body: 1MiB, event: 2m, answer: 4096,
         buffered: 1GiB, connections: 77}
timeouts: {connect: 100ms, tls: 1s, first_token: 9s, idle: 8s, total: 7s, backend_keep_alive: 6s,
           header: 5s, body_gap: 4s, keep_alive: 3s, drain: 0, shutdown_delay: 1.5s}
stream: {commit_after: 2s, comment_interval: 3s}
trusted_proxies: [10.0.0.0/8, "::1"]
log: {level: debug, access: /var/log/access.log, format: text}
)";

class EveryKey : public ::testing::Test {
 protected:
  const Config config =
      good(kEveryKey, {{"TEAM", "blue"}, {"KEY", "sk-2"}, {"file:/run/key", "sk-3\n"}});
};

TEST_F(EveryKey, OfABackendIsRead) {
  const Backend& backend = config.backends.at(0);
  EXPECT_EQ(backend.name, "gpu 1");
  EXPECT_TRUE(backend.url.tls);
  EXPECT_EQ(backend.url.path, "/api/openai");
  EXPECT_EQ(backend.auth.kind, Auth::Kind::none);
  EXPECT_EQ(backend.kind, llm::BackendKind::llama_cpp_router);
  EXPECT_THAT(backend.models, ::testing::ElementsAre("meta/llama", "8"));
  EXPECT_THAT(backend.rename, ::testing::ElementsAre(::testing::Pair("8", "meta/llama"),
                                                     ::testing::Pair("meta/llama", "llama")));
  ASSERT_EQ(backend.headers.size(), 2U);
  EXPECT_EQ(backend.headers[0].first, "X-Title");
  EXPECT_EQ(backend.headers[1].second.reveal(), "blue");
  EXPECT_EQ(backend.timeouts.connect, 1s);
  EXPECT_EQ(backend.timeouts.tls, 2s);
  EXPECT_EQ(backend.timeouts.first_token, 300s);
  EXPECT_EQ(backend.timeouts.idle, 30s);
  EXPECT_EQ(backend.timeouts.total, 3600s);
  EXPECT_EQ(backend.timeouts.backend_keep_alive, 2s);
  EXPECT_EQ(backend.timeouts.header, 5s);
}

TEST_F(EveryKey, OfTheTopLevelIsRead) {
  EXPECT_EQ(config.listen.at(0).address, (ListenAddress{"::1", 8000}));
  EXPECT_EQ(config.admin.listen, (ListenAddress{"127.0.0.1", 9000}));
  EXPECT_FALSE(config.admin.listen_is_default);
  ASSERT_EQ(config.api_keys.size(), 3U);
  EXPECT_EQ(config.api_keys[1].reveal(), "sk-2");
  EXPECT_EQ(config.api_keys[2].reveal(), "sk-3");
  EXPECT_EQ(config.refresh_interval, 500ms);
  EXPECT_EQ(config.workers, 3);
  EXPECT_EQ(config.stream.commit_after, 2s);
  EXPECT_EQ(config.stream.comment_interval, 3s);
  ASSERT_EQ(config.trusted_proxies.size(), 2U);
  EXPECT_TRUE(config.trusted_proxies[0].contains("10.9.8.7"));
  EXPECT_EQ(config.log.level, LogLevel::debug);
  EXPECT_EQ(config.log.access, AccessSink::file);
  EXPECT_EQ(config.log.access_file, "/var/log/access.log");
  EXPECT_EQ(config.log.format, LogFormat::text);
}

TEST_F(EveryKey, OfLimitsAndTimeoutsIsRead) {
  EXPECT_EQ(config.limits.header_bytes, 16384U);
  EXPECT_EQ(config.limits.header_fields, 50U);
  EXPECT_EQ(config.limits.body, 1048576U);
  EXPECT_EQ(config.limits.event, 2097152U);
  EXPECT_EQ(config.limits.answer, 4096U);
  EXPECT_EQ(config.limits.buffered, 1073741824U);
  EXPECT_EQ(config.limits.connections, 77U);
  EXPECT_EQ(config.timeouts.connect, 100ms);
  EXPECT_EQ(config.timeouts.tls, 1s);
  EXPECT_EQ(config.timeouts.first_token, 9s);
  EXPECT_EQ(config.timeouts.idle, 8s);
  EXPECT_EQ(config.timeouts.total, 7s);
  EXPECT_EQ(config.timeouts.backend_keep_alive, 6s);
  EXPECT_EQ(config.timeouts.header, 5s);
  EXPECT_EQ(config.timeouts.body_gap, 4s);
  EXPECT_EQ(config.timeouts.keep_alive, 3s);
  EXPECT_EQ(config.timeouts.drain, 0s);
  EXPECT_EQ(config.timeouts.shutdown_delay, 1500ms);
}

TEST(Load, ABackendInheritsTheTimeoutsItDoesNotSet) {
  const Config config = good(R"(
timeouts: {connect: 9s, idle: 8s, first_token: 7s}
backends: [{name: a, url: http://h, timeouts: {idle: 1s}}, {name: b, url: http://h}]
)");
  EXPECT_EQ(config.backends[0].timeouts.connect, 9s);
  EXPECT_EQ(config.backends[0].timeouts.idle, 1s);
  EXPECT_EQ(config.backends[0].timeouts.first_token, 7s);
  EXPECT_EQ(config.backends[1].timeouts.idle, 8s);
}

TEST(Load, WhereItIsNotSetTheBudgetIsEnoughForOneRequest) {
  const Config large = load_text(R"(
backends: [{name: b, url: "http://h"}]
limits: {body: 1GiB}
)")
                           .config;
  EXPECT_EQ(large.limits.buffered, large.limits.least_buffered());
  EXPECT_GT(large.limits.buffered, 1073741824U);
}

TEST(Load, SectionsWithNothingInThemAreAbsent) {
  const Config config = good_with("limits:\nlog:\nadmin:\ntrusted_proxies:\n");
  EXPECT_TRUE(config.admin.listen_is_default);
}

TEST(Load, AnchorsAndAliasesWork) {
  const Config config = good(R"(
backends:
  - {name: a, url: http://h, timeouts: &slow {idle: 5m}}
  - {name: b, url: http://h, timeouts: *slow}
)");
  EXPECT_EQ(config.backends[1].timeouts.idle, 300s);
}

TEST(Load, ExpandsReferencesInUrls) {
  const Config config =
      good("backends: [{name: a, url: 'http://${HOST}:81/v1'}]", {{"HOST", "h9"}});
  EXPECT_EQ(config.backends[0].url.host, "h9");
  EXPECT_EQ(config.backends[0].url.port, 81);
}

TEST(Load, TheEnvironmentSetsTheLogLevel) {
  const std::string yaml = std::string(kMinimal) + "log: {level: warn}\n";
  EXPECT_EQ(good(yaml).log.level, LogLevel::warn);
  EXPECT_EQ(good(yaml, {{"RUST_LOG", "debug"}}).log.level, LogLevel::debug);
  EXPECT_EQ(good(yaml, {{"RUST_LOG", "debug"}, {"LLM_ROUTER_LOG", "ERROR"}}).log.level,
            LogLevel::error);
  EXPECT_EQ(good(yaml, {{"LLM_ROUTER_LOG", ""}}).log.level, LogLevel::warn);
  const LoadResult odd = load_text(yaml, {{"LLM_ROUTER_LOG", "CANARY"}, {"RUST_LOG", "trace"}});
  EXPECT_TRUE(odd.ok());
  EXPECT_EQ(odd.config.log.level, LogLevel::trace);
  EXPECT_THAT(report(odd), ::testing::StartsWith(
                               "config.yaml: warning: environment variable `LLM_ROUTER_LOG` "));
}

TEST(Load, TellsWhetherTheFileItselfHoldsSecrets) {
  const auto literal = [](std::string_view yaml) {
    return load_text(yaml, {{"T", "token"}}).holds_literal_secrets;
  };
  EXPECT_FALSE(literal(kMinimal));
  EXPECT_TRUE(literal(std::string(kMinimal) + "api_keys: [sk]"));
  EXPECT_FALSE(literal(std::string(kMinimal) + "api_keys: ['${T}']"));
  EXPECT_TRUE(literal("backends: [{name: a, url: 'http://h', auth: {type: bearer, token: x}}]"));
  EXPECT_FALSE(
      literal("backends: [{name: a, url: 'http://h', auth: {type: bearer, token: '${T}'}}]"));
  EXPECT_TRUE(literal("backends: [{name: a, url: 'http://h', headers: {api-key: x}}]"));
  EXPECT_FALSE(literal("backends: [{name: a, url: 'http://h', headers: {X-Title: x}}]"));
}

TEST(Load, CollectsWhatABackendMayEcho) {
  const Config config = good(R"(
backends:
  - name: a
    url: http://h
    auth: {type: basic, username: someone, password: long-password}
    headers: {x-api-key: second-key, X-Title: not a secret, X-Team: "${TEAM}", X-Token: short}
)",
                             {{"TEAM", "from the environment"}});
  std::vector<std::string> masked;
  for (const Secret& secret : config.backends[0].masked)
    masked.emplace_back(secret.reveal());
  EXPECT_THAT(masked, ::testing::ElementsAre("c29tZW9uZTpsb25nLXBhc3N3b3Jk", "from the environment",
                                             "long-password", "second-key"));
}

TEST(Load, ForwardingNeedsNoHeaderOfItsOwn) {
  const Auth auth =
      good("backends: [{name: a, url: 'http://h', auth: {type: forward}}]").backends[0].auth;
  EXPECT_EQ(auth.kind, Auth::Kind::forward);
  EXPECT_TRUE(auth.header.empty());
  EXPECT_TRUE(auth.value.empty());
}

TEST(Load, ForwardingWithKeysOfOurOwnIsAWarning) {
  const LoadResult result =
      load_text("api_keys: [sk]\nbackends: [{name: a, url: 'http://h', auth: {type: forward}}]");
  EXPECT_TRUE(result.ok());
  EXPECT_THAT(report(result), ::testing::StartsWith("config.yaml:1:11: warning: "));
}

}  // namespace
}  // namespace config
