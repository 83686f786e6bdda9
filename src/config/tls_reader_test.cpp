#include "config/tls_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/testing.hpp"

namespace config {
namespace {

using ::testing::HasSubstr;

LoadResult with_tls(std::string_view tls, std::string_view url = "https://h") {
  return testing::load_text("backends: [{name: a, url: '" + std::string(url) +
                            "', tls: " + std::string(tls) + "}]\n");
}

TEST(BackendTls, IsRead) {
  const LoadResult result = with_tls(
      "{ca: a.pem, verify: false, server_name: models.internal, certificate: c.pem, key: k.pem}");
  EXPECT_EQ(testing::report(result), "");
  EXPECT_EQ(result.config.backends.at(0).tls,
            (BackendTls{"a.pem", false, "models.internal", "c.pem", "k.pem"}));
  EXPECT_EQ(with_tls("{server_name: 10.0.0.1}").config.backends.at(0).tls.server_name, "10.0.0.1");
  EXPECT_EQ(with_tls("{}").config.backends.at(0).tls, BackendTls{});
}

constexpr std::string_view kBackend = "backends: [{name: a, url: 'http://h'}]\n";

TEST(Listen, TakesAListWithCertificatesAndModes) {
  const LoadResult result =
      testing::load_text(std::string(kBackend) +
                         "listen: [':1', {address: '[::]:2', tls: {certificate: c, key: k}}, " +
                         "{address: 'unix:/s', mode: 0600}]\ntls: {certificate: d, key: e}\n");
  EXPECT_EQ(testing::report(result), "");
  EXPECT_EQ(result.config.listen,
            (std::vector<Listener>{{.address = {"0.0.0.0", 1}, .tls = ServedCertificate{"d", "e"}},
                                   {.address = {"::", 2}, .tls = ServedCertificate{"c", "k"}},
                                   {.address = {"", 0, "/s"}, .tls = {}, .mode = 0600}}));
  EXPECT_EQ(result.config.listen[2].address.to_string(), "unix:/s");
}

TEST(Listen, ErrorsAreFound) {
  const auto error = [](std::string_view more) {
    return testing::report(testing::load_text(std::string(kBackend).append(more)));
  };
  EXPECT_THAT(error("listen: []"), HasSubstr("`listen` is empty"));
  EXPECT_THAT(error("listen: [x y]"), HasSubstr("`listen` holds what is no address"));
  EXPECT_THAT(error("listen: [[]]"), HasSubstr("`listen` holds what is no address"));
  EXPECT_THAT(error("listen: [{mode: 7}]"), HasSubstr("`listen[].address` is missing"));
  EXPECT_THAT(error("listen: [':1', ':1']"), HasSubstr("stands twice in `listen`"));
  EXPECT_EQ(error("listen: [':0', ':0']"), "");
  EXPECT_THAT(error("listen: ['unix:/s', 'unix:/s']"), HasSubstr("stands twice in `listen`"));
  EXPECT_THAT(error("listen: ['127.0.0.1:9901']"), HasSubstr("are the same address"));
  EXPECT_THAT(error("listen: [{address: ':1', mode: 0600}]"),
              HasSubstr("`listen[].mode` is for unix sockets alone"));
  EXPECT_THAT(error("listen: [{address: 'unix:/s', mode: 0888}]"),
              HasSubstr("`listen[].mode` is not valid"));
  EXPECT_THAT(error("listen: [{address: 'unix:/s', tls: {certificate: c, key: k}}]"),
              HasSubstr("`listen[].tls` is for TCP alone"));
  EXPECT_THAT(error("tls: {}"), HasSubstr("`tls.certificate` is missing"));
  EXPECT_THAT(error("listen: 'unix:'"), HasSubstr("`listen` is not valid"));
  EXPECT_THAT(error("listen: 'unix:" + std::string(108, 'a') + "'"),
              HasSubstr("`listen` is not valid"));
}

TEST(BackendTls, ErrorsAreFound) {
  const auto error = [](std::string_view tls) { return testing::report(with_tls(tls)); };
  EXPECT_THAT(error("{verify: perhaps}"),
              HasSubstr("`backends[].tls.verify` is not valid; expected true or false"));
  EXPECT_THAT(error("{ca: ''}"), HasSubstr("`backends[].tls.ca` is not a path"));
  EXPECT_THAT(error("{server_name: 'a b'}"),
              HasSubstr("`backends[].tls.server_name` is not valid"));
  EXPECT_THAT(error("{certificate: c}"), HasSubstr("`backends[].tls.key` is missing"));
  EXPECT_THAT(error("{key: c}"), HasSubstr("`backends[].tls.certificate` is missing"));
  EXPECT_THAT(testing::report(with_tls("{ca: a}", "http://h")),
              HasSubstr("`backends[].tls` is set, but the `url` is not https"));
}

}  // namespace
}  // namespace config
