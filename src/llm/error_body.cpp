#include "llm/error_body.hpp"

#include <algorithm>
#include <utility>

#include "json/scan.hpp"
#include "json/walk.hpp"
#include "json/write.hpp"
#include "llm/error_table.hpp"

namespace llm {
namespace {

std::string openai_body(const base::Error& error) {
  const ErrorFacts& fact = facts(error.code);
  std::string body;
  json::ObjectWriter outer(body);
  json::ObjectWriter inner = outer.object("error");
  inner.string("message", error.message).string("type", fact.type);
  if (error.param.empty()) {
    inner.null("param");
  } else {
    inner.string("param", error.param);
  }
  inner.string("code", fact.name).close();
  outer.close();
  return body;
}

std::string anthropic_body(int status, std::string_view message) {
  std::string body;
  json::ObjectWriter outer(body);
  outer.string("type", "error");
  json::ObjectWriter inner = outer.object("error");
  inner.string("type", anthropic_error_type(status)).string("message", message).close();
  outer.close();
  return body;
}

/// Whether the body is in the form that the dialect's clients read.
bool is_in_form(const json::Value& root, const json::Value& error, Dialect dialect) {
  if (dialect == Dialect::openai) return true;
  return json::plain_string(json::find(root, "type")) == "error" &&
         json::is_nonempty_string(json::find(error, "type"));
}

}  // namespace

std::string error_body(const base::Error& error, Dialect dialect) {
  if (dialect == Dialect::openai) return openai_body(error);
  return anthropic_body(facts(error.code).status, error.message);
}

std::string error_body(const BackendError& error, Dialect dialect) {
  if (dialect == Dialect::anthropic) return anthropic_body(error.status, error.message);
  std::string body = R"({"error":)";
  return body.append(error.object).append("}");
}

std::string error_event(std::string body, Dialect dialect) {
  // It is valid JSON, so that line ends in it can only be white space.
  std::erase_if(body, [](char c) { return c == '\n' || c == '\r'; });
  if (dialect == Dialect::anthropic) return "event: error\ndata: " + std::move(body) + "\n\n";
  return "data: " + std::move(body) + "\n\ndata: [DONE]\n\n";
}

std::string error_event(const base::Error& error, Dialect dialect) {
  return error_event(error_body(error, dialect), dialect);
}

std::string error_event(const BackendError& error, Dialect dialect) {
  return error_event(error_body(error, dialect), dialect);
}

std::string normalise_backend_error(int status, std::string_view body, Secrets secrets,
                                    Dialect dialect) {
  const std::string digits = std::to_string(status);
  const std::string message = "The backend answered with status " + digits + " and no message.";
  const ErrorDefaults defaults = {.message = message, .type = error_type(status), .code = digits};
  const auto written = [&](BackendError error) {
    error.status = status;  // the answer's own says more than words of another API
    return error_body(error, dialect);
  };
  if (!json::validate(body)) return written(error_of_text(body, defaults, secrets));
  const json::Value root = json::root(body);
  const json::Value error = json::find(root, "error");
  if (is_in_form(root, error, dialect)) {
    if (auto kept = keep_form(body, error, secrets)) return *kept;
  }
  if (auto found = find_error(body, defaults, secrets)) return written(*std::move(found));
  return written(error_of_text(body, defaults, secrets));
}

}  // namespace llm
