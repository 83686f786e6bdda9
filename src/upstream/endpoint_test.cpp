#include "upstream/endpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/url.hpp"

namespace upstream {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

config::Backend backend(std::string_view url) {
  config::Backend backend;
  backend.name = "b";
  backend.url = http::parse_url(url).value();
  return backend;
}

std::string path_on(const Endpoint& endpoint, std::string_view path) {
  std::string out = "POST ";
  endpoint.append_path(out, path);
  return out.substr(5);
}

TEST(Endpoint, WithoutAPathEverythingIsBelowV1) {
  for (const char* url : {"http://h", "http://h/", "http://h/v1", "http://h/v1/"}) {
    const Endpoint endpoint(backend(url), 0);
    EXPECT_THAT(endpoint.bases(), ElementsAre("/v1")) << url;
    EXPECT_EQ(path_on(endpoint, "/v1/chat/completions"), "/v1/chat/completions") << url;
    EXPECT_EQ(path_on(endpoint, "/tokenize"), "/tokenize") << url;
  }
}

TEST(Endpoint, APathMayHoldTheVersionOrNot) {
  Endpoint endpoint(backend("https://h/v1beta/openai"), 0);
  EXPECT_THAT(endpoint.bases(), ElementsAre("/v1beta/openai", "/v1beta/openai/v1"));
  EXPECT_EQ(path_on(endpoint, "/v1/embeddings"), "/v1beta/openai/embeddings");
  EXPECT_EQ(path_on(endpoint, "/tokenize"), "/v1beta/openai/tokenize");
  endpoint.choose_base(1);
  EXPECT_EQ(path_on(endpoint, "/v1/embeddings"), "/v1beta/openai/v1/embeddings");
  EXPECT_EQ(path_on(endpoint, "/tokenize"), "/v1beta/openai/tokenize");
}

TEST(Endpoint, FixedHeadersAreHostIdentityAndWhatIsConfigured) {
  config::Backend with = backend("http://h:8000");
  with.auth = {config::Auth::Kind::bearer, "Authorization", config::Secret("Bearer token-1234")};
  with.headers.emplace_back("X-Team", config::Secret("red"));
  with.masked.emplace_back("token-1234");
  const Endpoint endpoint(std::move(with), 7);
  EXPECT_EQ(endpoint.index(), 7U);
  EXPECT_EQ(endpoint.name(), "b");
  EXPECT_EQ(endpoint.fixed_headers(),
            "Host: h:8000\r\nAccept-Encoding: identity\r\n"
            "Authorization: Bearer token-1234\r\nX-Team: red\r\n");
  EXPECT_THAT(endpoint.fixed_names(), ElementsAre("Authorization", "X-Team"));
  EXPECT_THAT(endpoint.secrets(), ElementsAre("token-1234"));
}

TEST(Endpoint, WithoutCredentialsThereIsNothingButHost) {
  const Endpoint endpoint(backend("https://[2001:db8::1]/"), 0);
  EXPECT_EQ(endpoint.fixed_headers(), "Host: [2001:db8::1]\r\nAccept-Encoding: identity\r\n");
  EXPECT_TRUE(endpoint.fixed_names().empty());
}

TEST(Endpoint, AnthropicsListIsAskedForInItsOwnWay) {
  const auto lines = [](std::string_view url, std::optional<llm::BackendKind> kind,
                        config::Auth auth, bool with_version = false) {
    config::Backend with = backend(url);
    with.kind = kind;
    with.auth = std::move(auth);
    if (with_version) with.headers.emplace_back("Anthropic-Version", config::Secret("2024-01-01"));
    const Endpoint endpoint(std::move(with), 0);
    EXPECT_THAT(endpoint.list_headers(), StartsWith("Host: "));
    return endpoint.list_headers().substr(endpoint.list_headers().find("identity\r\n") + 10);
  };
  using enum config::Auth::Kind;
  const config::Auth key{bearer, "Authorization", config::Secret("Bearer sk-ant-api03-x")};
  const config::Auth oauth{bearer, "Authorization", config::Secret("Bearer sk-ant-oat01-x")};
  const config::Auth field{header, "X-Api-Key", config::Secret("k")};
  const std::string version = "anthropic-version: 2023-06-01\r\n";
  EXPECT_EQ(lines("https://api.anthropic.com", {}, key), "x-api-key: sk-ant-api03-x\r\n" + version);
  EXPECT_EQ(lines("http://10.0.0.1", llm::BackendKind::anthropic, field),
            "X-Api-Key: k\r\n" + version);
  EXPECT_EQ(lines("https://api.anthropic.com", {}, oauth),
            "Authorization: Bearer sk-ant-oat01-x\r\n" + version);
  EXPECT_EQ(lines("https://api.anthropic.com", {}, {}, true), "Anthropic-Version: 2024-01-01\r\n");
  EXPECT_EQ(lines("https://api.anthropic.com", llm::BackendKind::openai, key),
            "Authorization: Bearer sk-ant-api03-x\r\n");
}

TEST(Endpoint, IsPrivateByItsFirstAddress) {
  Endpoint endpoint(backend("http://h"), 0);
  EXPECT_EQ(endpoint.addresses(), nullptr);
  EXPECT_FALSE(endpoint.is_private());
  endpoint.publish({*io::Address::parse("10.0.0.1", 80), *io::Address::parse("8.8.8.8", 80)});
  EXPECT_TRUE(endpoint.is_private());
  endpoint.publish({*io::Address::parse("8.8.8.8", 80)});
  EXPECT_FALSE(endpoint.is_private());
  EXPECT_EQ(endpoint.addresses()->size(), 1U);
}

TEST(InFlight, CountsForAsLongAsItLives) {
  Endpoint endpoint(backend("http://h"), 0);
  {
    InFlight first(endpoint);
    const InFlight moved(std::move(first));
    const InFlight second(endpoint);
    EXPECT_EQ(endpoint.in_flight, 2);
  }
  EXPECT_EQ(endpoint.in_flight, 0);
}

}  // namespace
}  // namespace upstream
