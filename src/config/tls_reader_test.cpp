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
