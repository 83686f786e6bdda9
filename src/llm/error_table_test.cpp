#include "llm/error_table.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace llm {
namespace {

using base::ErrorCode;

TEST(ErrorTable, NamesAreDistinct) {
  std::set<std::string_view> names;
  for (const ErrorFacts& fact : all_error_facts()) {
    EXPECT_TRUE(names.insert(fact.name).second) << fact.name;
    EXPECT_EQ(facts(fact.code).name, fact.name);
    EXPECT_FALSE(fact.meaning.empty());
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(base::kErrorCodeCount));
}

TEST(ErrorTable, GivesTheStatusesOfTheApi) {
  EXPECT_EQ(facts(ErrorCode::invalid_json).status, 400);
  EXPECT_EQ(facts(ErrorCode::invalid_api_key).status, 401);
  EXPECT_EQ(facts(ErrorCode::model_not_found).status, 404);
  EXPECT_EQ(facts(ErrorCode::loop_detected).status, 508);
  EXPECT_EQ(facts(ErrorCode::models_loading).status, 503);
  EXPECT_EQ(facts(ErrorCode::upstream_timeout).status, 504);
  EXPECT_EQ(facts(ErrorCode::upstream_auth_failed).status, 502);
  EXPECT_EQ(facts(ErrorCode::client_closed).status, 499);
}

TEST(ErrorTable, ClientsErrorsArePermanentButTheTimeout) {
  for (const ErrorFacts& fact : all_error_facts()) {
    if (fact.status >= 500) continue;
    const bool may_retry = fact.code == ErrorCode::request_timeout;
    EXPECT_EQ(fact.advice, may_retry ? RetryAdvice::maybe : RetryAdvice::never) << fact.name;
  }
}

TEST(ErrorTable, A503AlwaysInvitesARetry) {
  for (const ErrorFacts& fact : all_error_facts()) {
    if (fact.status == 503) {
      EXPECT_EQ(fact.advice, RetryAdvice::maybe) << fact.name;
    }
  }
}

TEST(ErrorTable, TypesFollowTheStatus) {
  for (const ErrorFacts& fact : all_error_facts()) {
    EXPECT_EQ(fact.type, error_type(fact.status)) << fact.name;
  }
  EXPECT_EQ(error_type(429), "rate_limit_error");
  EXPECT_EQ(error_type(422), "invalid_request_error");
  EXPECT_EQ(error_type(529), "server_error");
}

std::string row_of(const ErrorFacts& fact) {
  return "| `" + std::string(fact.name) + "` | " + std::to_string(fact.status) + " | `" +
         std::string(fact.type) + "` | " + (fact.advice == RetryAdvice::never ? "no" : "yes") +
         " | " + std::string(fact.meaning) + " |";
}

TEST(ErrorTable, IsWhatTheDocumentationSays) {
  const auto path = std::filesystem::path(LLM_ROUTER_CORPORA) / "../../docs/errors.md";
  std::ifstream in(path);
  ASSERT_TRUE(in) << path;
  const std::string page(std::istreambuf_iterator<char>(in), {});
  for (const ErrorFacts& fact : all_error_facts()) {
    EXPECT_NE(page.find(row_of(fact)), std::string::npos) << "docs/errors.md lacks this row:\n"
                                                          << row_of(fact);
    EXPECT_NE(page.find("**`" + std::string(fact.name) + "`**"), std::string::npos)
        << "docs/errors.md does not say what to do about " << fact.name;
  }
}

}  // namespace
}  // namespace llm
