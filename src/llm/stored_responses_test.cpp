#include "llm/stored_responses.hpp"

#include <gtest/gtest.h>

namespace llm {
namespace {

TEST(StoredPath, IsReadWithTheVersionOrWithout) {
  for (const std::string prefix : {"/v1", ""}) {
    const std::string response = prefix + "/responses/resp_1";
    const auto plain = read_stored_path(response);
    ASSERT_TRUE(plain) << prefix;
    EXPECT_EQ(plain->id, "resp_1");
    EXPECT_EQ(allowed_methods(*plain), "GET, DELETE");
    const std::string with_cancel = prefix + "/responses/resp%5F1/cancel";
    const auto cancel = read_stored_path(with_cancel);
    ASSERT_TRUE(cancel) << prefix;
    EXPECT_EQ(cancel->id, "resp%5F1");
    EXPECT_EQ(allowed_methods(*cancel), "POST");
    const std::string with_items = response + "/input_items";
    const auto items = read_stored_path(with_items);
    ASSERT_TRUE(items) << prefix;
    EXPECT_EQ(allowed_methods(*items), "GET");
  }
}

TEST(StoredPath, IsNoOther) {
  for (const char* path :
       {"", "/", "/v1/responses", "/v1/responses/", "/v1/responses/x/", "/v1/responses/x/other",
        "/v1/responses/x/cancel/", "/v1/responses//cancel", "/v2/responses/x", "/v1x/responses/x",
        "/v1/v1/responses/x", "/v1/models/x"}) {
    EXPECT_FALSE(read_stored_path(path)) << path;
  }
}

TEST(StoredPath, LeadsToItsOperation) {
  const auto path = read_stored_path("/v1/responses/resp_1");
  ASSERT_TRUE(path);
  EXPECT_EQ(find_stored(*path, "GET")->stream, StreamForm::responses);
  EXPECT_EQ(find_stored(*path, "DELETE")->stream, StreamForm::none);
  EXPECT_EQ(find_stored(*path, "POST"), nullptr);
  EXPECT_EQ(find_stored(*path, "HEAD"), nullptr);
}

}  // namespace
}  // namespace llm
