#include "http/header_id.hpp"

#include <string>

#include <gtest/gtest.h>

#include "http/char_set.hpp"

namespace http {
namespace {

TEST(HeaderId, KnowsNamesInAnyCase) {
  EXPECT_EQ(identify("host"), HeaderId::host);
  EXPECT_EQ(identify("Host"), HeaderId::host);
  EXPECT_EQ(identify("HOST"), HeaderId::host);
  EXPECT_EQ(identify("te"), HeaderId::te);
  EXPECT_EQ(identify("Via"), HeaderId::via);
  EXPECT_EQ(identify("API-Key"), HeaderId::api_key);
  EXPECT_EQ(identify("Content-Length"), HeaderId::content_length);
  EXPECT_EQ(identify("tRANSFER-eNCODING"), HeaderId::transfer_encoding);
  EXPECT_EQ(identify("Proxy-Authentication-Info"), HeaderId::proxy_authentication_info);
  EXPECT_EQ(identify("X-Goog-Api-Key"), HeaderId::x_goog_api_key);
  EXPECT_EQ(identify("X-Amz-Security-Token"), HeaderId::credential);
}

TEST(HeaderId, KnowsFamilies) {
  EXPECT_EQ(identify("X-Router-Hops"), HeaderId::x_router);
  EXPECT_EQ(identify("x-router-"), HeaderId::other);
  EXPECT_EQ(identify("x-routers-x"), HeaderId::other);
  EXPECT_EQ(identify("X-Forwarded-Port"), HeaderId::x_forwarded);
  EXPECT_EQ(identify("X-Forwarded-For"), HeaderId::x_forwarded_for);
  EXPECT_EQ(identify("Proxy-Status"), HeaderId::proxy);
}

TEST(HeaderId, TakesNothingForAnother) {
  EXPECT_EQ(identify(""), HeaderId::other);
  EXPECT_EQ(identify("x"), HeaderId::other);
  EXPECT_EQ(identify("hos"), HeaderId::other);
  EXPECT_EQ(identify("hosts"), HeaderId::other);
  EXPECT_EQ(identify("content_length"), HeaderId::other);
  // 0x0d | 0x20 is '-': a comparison that folds case by a bit must not fall for it.
  EXPECT_EQ(identify("content\rlength"), HeaderId::other);
  EXPECT_EQ(identify(std::string_view("te\0", 3)), HeaderId::other);
}

// Every one-byte change of a known name, of any length, is another name.
TEST(HeaderId, SeesEveryChangedByte) {
  for (const std::string_view name :
       {"te", "via", "date", "cookie", "api-key", "keep-alive", "x-api-key", "transfer-encoding",
        "x-stainless-retry-count"}) {
    const HeaderId id = identify(name);
    ASSERT_NE(id, HeaderId::other) << name;
    for (std::size_t i = 0; i < name.size(); ++i) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string changed(name);
        changed[i] = static_cast<char>(byte);
        const bool same = to_lower(changed[i]) == name[i];
        EXPECT_EQ(identify(changed) == id, same) << name << " at " << i << " byte " << byte;
      }
    }
  }
}

TEST(HeaderIdSet, HoldsWhatWasPutIn) {
  HeaderIdSet set{HeaderId::host, HeaderId::x_router};
  EXPECT_TRUE(set.contains(HeaderId::host));
  EXPECT_TRUE(set.contains(HeaderId::x_router));
  EXPECT_FALSE(set.contains(HeaderId::other));
  set.insert(HeaderId::te);
  EXPECT_TRUE((HeaderIdSet{} | set).contains(HeaderId::te));
}

}  // namespace
}  // namespace http
