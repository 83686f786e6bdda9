#include "llm/error_table.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <utility>

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

TEST(ErrorTable, AnthropicsTypesFollowTheStatus) {
  constexpr std::pair<int, std::string_view> kTypes[] = {
      {400, "invalid_request_error"},
      {401, "authentication_error"},
      {402, "billing_error"},
      {403, "permission_error"},
      {404, "not_found_error"},
      {405, "invalid_request_error"},
      {408, "invalid_request_error"},
      {409, "conflict_error"},
      {413, "request_too_large"},
      {415, "invalid_request_error"},
      {429, "rate_limit_error"},
      {500, "api_error"},
      {502, "api_error"},
      {503, "overloaded_error"},
      {504, "timeout_error"},
      {508, "api_error"},
      {529, "overloaded_error"},
      {0, "api_error"},
      {200, "api_error"},
  };
  for (const auto& [status, type] : kTypes) {
    EXPECT_EQ(anthropic_error_type(status), type) << status;
  }
}

std::string row_of(const ErrorFacts& fact) {
  return "| `" + std::string(fact.name) + "` | " + std::to_string(fact.status) + " | `" +
         std::string(fact.type) + "` | " + (fact.advice == RetryAdvice::never ? "no" : "yes") +
         " | " + std::string(fact.meaning) + " |";
}

std::string documentation() {
  const auto path = std::filesystem::path(LLM_ROUTER_CORPORA) / "../../docs/errors.md";
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(ErrorTable, IsWhatTheDocumentationSays) {
  const std::string page = documentation();
  for (const ErrorFacts& fact : all_error_facts()) {
    EXPECT_NE(page.find(row_of(fact)), std::string::npos) << "docs/errors.md lacks this row:\n"
                                                          << row_of(fact);
    EXPECT_NE(page.find("**`" + std::string(fact.name) + "`**"), std::string::npos)
        << "docs/errors.md does not say what to do about " << fact.name;
  }
}

TEST(ErrorTable, AnthropicsTypesAreWhatTheDocumentationSays) {
  const std::string page = documentation();
  for (int status = 400; status < 600; ++status) {
    const std::string_view type = anthropic_error_type(status);
    const bool is_other = type == "invalid_request_error" || type == "api_error";
    const std::string range = std::string("other ") + (status < 500 ? "4" : "5") + "xx";
    const std::string first = is_other                     ? range
                              : type == "overloaded_error" ? "503, 529"
                                                           : std::to_string(status);
    const std::string row = "| " + first + " | `" + std::string(type) + "` |";
    EXPECT_TRUE(page.contains(row)) << row;
  }
}

}  // namespace
}  // namespace llm
