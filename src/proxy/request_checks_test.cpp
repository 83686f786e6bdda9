#include "proxy/request_checks.hpp"

#include "proxy/testing.hpp"

namespace proxy {
namespace {

using base::ErrorCode;

class RequestChecksTest : public testing::ProxyFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  template <class T>
  static ErrorCode code_of(const base::Result<T>& result) {
    return result ? ErrorCode::internal_error : result.error().code;
  }
  static constexpr ErrorCode kGood = ErrorCode::internal_error;

  static constexpr std::string_view kJson = "Content-Type: application/json\r\n";

  io::Task<ErrorCode> head_verdict(std::string_view fields, std::string_view query = "") {
    co_await arrive("POST /" + std::string(query) + " HTTP/1.1\r\nHost: h\r\n" +
                    std::string(fields) + "\r\n");
    const Exchange exchange(worker, downstream, "192.0.2.1");
    const ErrorCode code = code_of(check_head(exchange));
    downstream.end_request();
    co_return code;
  }
  io::Task<bool> lets_in(std::string_view fields) {
    co_await arrive("POST / HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n");
    const Exchange exchange(worker, downstream, "192.0.2.1");
    const auto allowed = authenticate(exchange);
    if (!allowed) EXPECT_EQ(allowed.error().code, ErrorCode::invalid_api_key);
    downstream.end_request();
    co_return allowed.has_value();
  }
};

CO_TEST_F(RequestChecksTest, TheBodyMustBeJsonAsItStands) {
  for (const char* good : {"application/json", "APPLICATION/JSON",
                           "application/json; charset=utf-8", "application/json;charset=UTF-8",
                           "application/json ; charset=\"utf-8\"", "application/json;"}) {
    EXPECT_EQ(co_await head_verdict("Content-Type: " + std::string(good) + "\r\n"), kGood) << good;
  }
  for (const char* bad : {"text/plain", "application/jsonx", "application/json; charset=utf-16",
                          "application/x-www-form-urlencoded", "multipart/form-data", ""}) {
    EXPECT_EQ(co_await head_verdict("Content-Type: " + std::string(bad) + "\r\n"),
              ErrorCode::unsupported_media_type)
        << bad;
  }
  EXPECT_EQ(co_await head_verdict(""), ErrorCode::unsupported_media_type);
}

CO_TEST_F(RequestChecksTest, TheQueryNamesNoModel) {
  for (const char* query : {"?model=other", "?api-version=1&Mod%45l=other", "?model"})
    EXPECT_EQ(co_await head_verdict(kJson, query), ErrorCode::bad_request) << query;
  EXPECT_EQ(co_await head_verdict(kJson, "?api-version=model"), kGood);
}

CO_TEST_F(RequestChecksTest, EncodedBodiesAreRefused) {
  for (const char* coding : {"gzip", "br", "identity, gzip", "x"}) {
    EXPECT_EQ(co_await head_verdict(std::string(kJson) + "Content-Encoding: " + coding + "\r\n"),
              ErrorCode::unsupported_encoding)
        << coding;
  }
  EXPECT_EQ(co_await head_verdict(std::string(kJson) + "Content-Encoding: Identity\r\n"), kGood);
}

CO_TEST_F(RequestChecksTest, ALoopEndsAtTheFourthRouter) {
  constexpr std::string_view kLooped = "Content-Type: application/json\r\nx-router-hop: ";
  EXPECT_EQ(co_await head_verdict(std::string(kLooped) + "3\r\n"), kGood);
  EXPECT_EQ(co_await head_verdict(std::string(kLooped) + "4\r\n"), ErrorCode::loop_detected);
  EXPECT_EQ(co_await head_verdict(std::string(kLooped) + "junk\r\n"), ErrorCode::loop_detected);
}

CO_TEST_F(RequestChecksTest, WithoutKeysEverybodyComesIn) {
  EXPECT_TRUE(co_await lets_in(""));
  EXPECT_TRUE(co_await lets_in("Authorization: Bearer anything\r\n"));
}

CO_TEST_F(RequestChecksTest, WithKeysOnlyWhoShowsOne) {
  const std::vector<config::Secret> secrets = {config::Secret("key-one"),
                                               config::Secret("key-two")};
  keys = policy::ApiKeys(secrets);
  EXPECT_TRUE(co_await lets_in("Authorization: Bearer key-one\r\n"));
  EXPECT_TRUE(co_await lets_in("authorization: bearer key-two\r\n"));
  EXPECT_TRUE(co_await lets_in("x-api-key: key-two\r\n"));
  EXPECT_TRUE(co_await lets_in("Authorization: Bearer wrong\r\nX-Api-Key: key-one\r\n"));
  for (const char* fields :
       {"", "Authorization: Bearer\r\n", "Authorization: Bearer \r\n", "Authorization: key-one\r\n",
        "Authorization: Basic key-one\r\n", "x-api-key: key-on\r\n", "x-api-key: key-onee\r\n",
        "api-key: key-one\r\n", "Cookie: key-one\r\n"}) {
    EXPECT_FALSE(co_await lets_in(fields)) << fields;
  }
}

CO_TEST_F(RequestChecksTest, AModelIsUnknownOnlyOnceAllHaveBeenAsked) {
  co_await arrive("POST / HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto verdict = [&](std::string_view model) {
    Exchange exchange(worker, downstream, "192.0.2.1");
    return code_of(proxy::route(exchange, model));
  };
  EXPECT_EQ(verdict("m"), ErrorCode::models_loading);
  const auto b = endpoint("b", "http://127.0.0.1:1");
  route({b}, false);
  EXPECT_EQ(verdict("m"), kGood);
  EXPECT_EQ(verdict("other"), ErrorCode::models_loading);
  route({b}, true);
  EXPECT_EQ(verdict("m"), kGood);
  EXPECT_EQ(verdict("other"), ErrorCode::model_not_found);
  EXPECT_EQ(verdict("M"), ErrorCode::model_not_found);
}

}  // namespace
}  // namespace proxy
