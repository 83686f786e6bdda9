#include "llm/error_body.hpp"

#include "json/scan.hpp"
#include "json/walk.hpp"
#include "json/write.hpp"
#include "llm/error_table.hpp"

namespace llm {
namespace {

std::string wrap(std::string_view object) {
  std::string body = R"({"error":)";
  return body.append(object).append("}");
}

std::string event_and_done(std::string_view body) {
  std::string events = "data: ";
  return events.append(body).append("\n\ndata: [DONE]\n\n");
}

}  // namespace

std::string error_body(const base::Error& error) {
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

std::string error_event(const base::Error& error) {
  return event_and_done(error_body(error));
}

std::string error_event(const BackendError& error) {
  return event_and_done(error_body(error));
}

std::string error_body(const BackendError& error) {
  return wrap(error.object);
}

std::string normalise_backend_error(int status, std::string_view body, Secrets secrets) {
  const std::string digits = std::to_string(status);
  const std::string message = "The backend answered with status " + digits + " and no message.";
  const ErrorDefaults defaults = {.message = message, .type = error_type(status), .code = digits};
  if (!json::validate(body)) return error_body(error_of_text(body, defaults, secrets));
  const json::Value error = json::find(json::root(body), "error");
  if (auto kept = keep_form(body, error, secrets)) return *kept;
  if (auto found = find_error(body, defaults, secrets)) return error_body(*found);
  return error_body(error_of_text(body, defaults, secrets));
}

}  // namespace llm
