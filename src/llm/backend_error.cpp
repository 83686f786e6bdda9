#include "llm/backend_error.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

#include "json/escape.hpp"
#include "json/scan.hpp"
#include "json/search.hpp"
#include "json/walk.hpp"
#include "json/write.hpp"
#include "llm/error_table.hpp"
#include "llm/page_line.hpp"

namespace llm {
namespace {

using json::Kind;

constexpr std::size_t kMaxMessageBytes = 500;
constexpr int kServerError = 500;

/// What an error says of itself, as text. Empty where it says nothing.
struct Fields {
  std::string message = {};
  std::string type = {};
  std::string code = {};
  std::string param = {};
  int status = 0;
};

/// The status of those codes and types that have one: OpenAI's, Anthropic's and vLLM's.
struct KnownStatus {
  std::string_view name;
  int status;
};
constexpr KnownStatus kKnownStatuses[] = {
    {"invalid_request_error", 400},
    {"BadRequestError", 400},
    {"context_length_exceeded", 400},
    {"authentication_error", 401},
    {"invalid_api_key", 401},
    {"billing_error", 402},
    {"permission_error", 403},
    {"not_found_error", 404},
    {"NotFoundError", 404},
    {"model_not_found", 404},
    {"request_too_large", 413},
    {"rate_limit_error", 429},
    {"rate_limit_exceeded", 429},
    {"insufficient_quota", 429},
    {"api_error", 500},
    {"server_error", 500},
    {"internal_server_error", 500},
    {"InternalServerError", 500},
    {"timeout_error", 504},
    {"overloaded_error", 529},
};

int status_named(std::string_view name) {
  const auto* known = std::ranges::find(kKnownStatuses, name, &KnownStatus::name);
  return known == std::end(kKnownStatuses) ? 0 : known->status;
}

int status_in_digits(std::string_view text) {
  int status = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  const bool is_number = error == std::errc{} && end == text.data() + text.size();
  return is_number && status >= 400 && status <= 599 ? status : 0;
}

/// A string's text, nothing for what is absent or null. Of any other value its JSON, but without
/// escapes, which could hide a secret from mask().
std::string text_of(const json::Value& value) {
  if (value.kind == Kind::null || value.kind == Kind::absent) return {};
  if (value.kind == Kind::string) return json::as_string(value).value_or("");
  return json::unescape(value.raw).value_or("");
}

Fields read_fields(const json::Value& error) {
  Fields fields;
  int status = 0;
  for (const auto& [name, value] : json::Members(error)) {
    if (name == "message") fields.message = text_of(value);
    if (name == "type") fields.type = text_of(value);
    if (name == "code") fields.code = text_of(value);
    if (name == "param") fields.param = text_of(value);
    if (name == "status" || name == "status_code") status = status_in_digits(text_of(value));
  }
  // A flat error calls itself one in the place of its type.
  if (fields.type == "error") fields.type.clear();
  for (const int candidate : {status_in_digits(fields.code), status, status_named(fields.code),
                              status_named(fields.type)}) {
    if (fields.status == 0) fields.status = candidate;
  }
  return fields;
}

std::string first_of(const std::string& text, std::string_view fallback) {
  return text.empty() ? std::string(fallback) : text;
}

std::string without_line_ends(std::string json) {
  std::ranges::replace_if(json, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return json;
}

/// Where an error doesn't say what it is, its number may.
std::string_view type_of(const Fields& fields, const ErrorDefaults& defaults) {
  if (!defaults.type.empty()) return defaults.type;
  return error_type(fields.status == 0 ? kServerError : fields.status);
}

std::string write_object(const Fields& fields, const ErrorDefaults& defaults, Secrets secrets) {
  std::string object;
  json::ObjectWriter writer(object);
  writer.string("message", mask(first_of(fields.message, defaults.message), secrets));
  writer.string("type", mask(first_of(fields.type, type_of(fields, defaults)), secrets));
  if (fields.param.empty()) {
    writer.null("param");
  } else {
    writer.string("param", mask(fields.param, secrets));
  }
  writer.string("code", mask(first_of(fields.code, defaults.code), secrets));
  writer.close();
  return object;
}

BackendError write_error(const Fields& fields, const ErrorDefaults& defaults, Secrets secrets) {
  return {.object = write_object(fields, defaults, secrets),
          .message = mask(first_of(fields.message, defaults.message), secrets),
          .status = fields.status};
}

/// What JavaScript's `if (data.error)` takes for an error: the SDK's own test.
bool is_truthy(const json::Value& value) {
  switch (value.kind) {
    case Kind::absent:
    case Kind::null:
      return false;
    case Kind::boolean:
      return value.raw == "true";
    case Kind::number:
      return value.raw != "0";
    case Kind::string:
      return json::is_nonempty_string(value);
    case Kind::object:
    case Kind::array:
      return true;
  }
  return true;
}

bool is_string(const json::Value& value, std::string_view text) {
  return json::plain_string(value) == text;
}

/// SDKs read all four members; what the backend's object lacks is added behind its own bytes.
std::string with_all_members(std::string kept, const json::Value& error, const Fields& fields,
                             const ErrorDefaults& defaults) {
  std::string more;
  if (json::find(error, "type").kind == Kind::absent) {
    more.append(R"(,"type":)");
    json::append_string(more, type_of(fields, defaults));
  }
  if (json::find(error, "param").kind == Kind::absent) more.append(R"(,"param":null)");
  if (json::find(error, "code").kind == Kind::absent) {
    more.append(R"(,"code":)");
    json::append_string(more, defaults.code);
  }
  return kept.insert(kept.rfind('}'), more);
}

BackendError error_of_member(const json::Value& error, const ErrorDefaults& defaults,
                             Secrets secrets) {
  if (error.kind != Kind::object) {
    return write_error({.message = text_of(error)}, defaults, secrets);
  }
  const Fields fields = read_fields(error);
  BackendError result = write_error(fields, defaults, secrets);
  if (auto kept = keep_form(error.raw, error, secrets)) {
    result.object = without_line_ends(with_all_members(*std::move(kept), error, fields, defaults));
  }
  return result;
}

/// Escapes may spell what a search for bytes doesn't find, such as `\/` in a base64 token.
bool hides_secret(std::string_view json, Secrets secrets) {
  if (secrets.empty() || !json.contains('\\')) return false;
  std::string unescaped;
  return !json::append_unescaped(unescaped, json) || holds_secret(unescaped, secrets);
}

/// Cut before a character, not within one.
std::string_view shortened(std::string_view text) {
  if (text.size() <= kMaxMessageBytes) return text;
  std::size_t size = kMaxMessageBytes;
  while (size > 0 && (text[size] & '\xC0') == '\x80') {
    --size;
  }
  return text.substr(0, size);
}

/// Google's OpenAI dialect puts its error into a list of one.
json::Value listed_error(const json::Value& list) {
  const json::Elements elements(list);
  return elements.begin() == json::Elements::end() ? json::Value()
                                                   : json::find(*elements.begin(), "error");
}

/// The `error` of a choice that has ended by it, as gateways report the failure of their provider.
json::Value error_of_choices(const json::Value& choices) {
  for (const json::Value& choice : json::Elements(choices)) {
    if (is_string(json::find(choice, "finish_reason"), "error")) {
      return json::find(choice, "error");
    }
  }
  return {};
}

}  // namespace

std::optional<std::string> keep_form(std::string_view text, const json::Value& error,
                                     Secrets secrets) {
  const json::Value code = json::find(error, "code");
  const bool is_number = code.kind == Kind::number;
  const bool is_fine =
      code.kind == Kind::string || code.kind == Kind::null || code.kind == Kind::absent;
  if (json::find(error, "message").kind != Kind::string || (!is_fine && !is_number)) {
    return std::nullopt;
  }
  std::string kept(text);
  if (is_number) {
    const auto at = static_cast<std::size_t>(code.raw.data() - text.data());
    kept.insert(at + code.raw.size(), 1, '"').insert(at, 1, '"');
  }
  if (!holds_secret(kept, secrets) && !hides_secret(kept, secrets)) return kept;
  kept = mask(kept, secrets);
  if (hides_secret(kept, secrets) || !json::validate(kept)) return std::nullopt;
  return kept;
}

std::optional<BackendError> find_error(std::string_view json, const ErrorDefaults& defaults,
                                       Secrets secrets) {
  const json::Value root = json::root(json);
  const json::Value choices = json::find(root, "choices");
  for (const json::Value& error :
       {json::find(root, "error"), listed_error(root), error_of_choices(choices)}) {
    if (is_truthy(error)) return error_of_member(error, defaults, secrets);
  }
  const json::Value object = json::find(root, "object");
  const bool is_named_error =
      is_string(object, "error") || is_string(json::find(root, "type"), "error");
  if (!is_named_error && choices.kind != Kind::absent) return std::nullopt;
  if (is_named_error || json::find(root, "message").kind == Kind::string) {
    return write_error(read_fields(root), defaults, secrets);
  }
  const json::Value detail = json::find(root, "detail");
  if (object.kind != Kind::absent || !is_truthy(detail)) return std::nullopt;
  return write_error({.message = text_of(detail)}, defaults, secrets);
}

std::optional<BackendError> find_error_answer(std::string_view json, Secrets secrets) {
  // Nearly every answer ends here, at the price of one search.
  if (!json::contains_quoted(json, "error")) return std::nullopt;
  bool claims = false;
  for (const auto& [name, value] : json::Members(json::root(json))) {
    const bool is_answer = name == "choices" || name == "data" || name == "output" ||
                           name == "results" || (name == "object" && !is_string(value, "error"));
    if (is_answer) return std::nullopt;
    claims = claims || name == "object" || (name == "error" && is_truthy(value));
  }
  if (!claims) return std::nullopt;
  return find_error(json,
                    {.message = "The backend reported an error in place of an answer.",
                     .type = {},
                     .code = "upstream_invalid_response"},
                    secrets);
}

BackendError error_of_text(std::string_view text, const ErrorDefaults& defaults, Secrets secrets) {
  // Masked before it is cut, so that no half of a secret is left over.
  const std::string line = mask(page_line(text), secrets);
  return write_error({.message = std::string(shortened(line))}, defaults, secrets);
}

base::Error as_error(const BackendError& error) {
  return {.code = base::ErrorCode::upstream_stream_error,
          .source = base::ErrorSource::upstream,
          .message = error.message};
}

}  // namespace llm
