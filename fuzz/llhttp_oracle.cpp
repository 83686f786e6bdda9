#include "llhttp_oracle.hpp"

#include <algorithm>
#include <array>

#include <llhttp.h>

namespace fuzz {
namespace {

LlhttpVerdict& verdict_of(llhttp_t* parser) {
  return *static_cast<LlhttpVerdict*>(parser->data);
}

int append_target(llhttp_t* parser, const char* at, std::size_t size) {
  verdict_of(parser).target.append(at, size);
  return 0;
}

int append_name(llhttp_t* parser, const char* at, std::size_t size) {
  verdict_of(parser).fields.back().first.append(at, size);
  return 0;
}

int append_value(llhttp_t* parser, const char* at, std::size_t size) {
  verdict_of(parser).fields.back().second.append(at, size);
  return 0;
}

int append_payload(llhttp_t* parser, const char* at, std::size_t size) {
  verdict_of(parser).payload.append(at, size);
  return 0;
}

int begin_next_field(llhttp_t* parser) {
  verdict_of(parser).fields.emplace_back();
  return 0;
}

int end_head(llhttp_t* parser) {
  LlhttpVerdict& verdict = verdict_of(parser);
  verdict.head_complete = true;
  verdict.status = parser->status_code;
  verdict.minor = parser->http_minor;
  verdict.chunked = (parser->flags & F_CHUNKED) != 0;
  verdict.has_length = (parser->flags & F_CONTENT_LENGTH) != 0;
  verdict.content_length = parser->content_length;
  verdict.keep_alive = llhttp_should_keep_alive(parser) != 0;
  if (parser->type == HTTP_REQUEST)
    verdict.method = llhttp_method_name(static_cast<llhttp_method_t>(parser->method));
  return 0;
}

int end_message(llhttp_t* parser) {
  verdict_of(parser).message_complete = true;
  return 0;
}

llhttp_settings_t make_settings() {
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_message_begin = begin_next_field;
  settings.on_url = append_target;
  settings.on_header_field = append_name;
  settings.on_header_value = append_value;
  settings.on_header_value_complete = begin_next_field;
  settings.on_headers_complete = end_head;
  settings.on_body = append_payload;
  settings.on_message_complete = end_message;
  return settings;
}

LlhttpVerdict ask(llhttp_type_t type, std::string_view bytes) {
  static const llhttp_settings_t settings = make_settings();
  LlhttpVerdict verdict;
  llhttp_t parser;
  llhttp_init(&parser, type, &settings);
  parser.data = &verdict;
  const llhttp_errno_t error = llhttp_execute(&parser, bytes.data(), bytes.size());
  if (error != HPE_OK && error != HPE_PAUSED_UPGRADE) {
    const char* const reason = llhttp_get_error_reason(&parser);
    verdict.refusal = reason != nullptr && *reason != '\0' ? reason : llhttp_errno_name(error);
  }
  if (!verdict.fields.empty()) verdict.fields.pop_back();  // the one that never came
  for (auto& [name, value] : verdict.fields) {
    while (value.ends_with(' ') || value.ends_with('\t'))
      value.pop_back();
  }
  return verdict;
}

}  // namespace

LlhttpVerdict ask_llhttp_request(std::string_view bytes) {
  return ask(HTTP_REQUEST, bytes);
}
LlhttpVerdict ask_llhttp_response(std::string_view bytes) {
  return ask(HTTP_RESPONSE, bytes);
}

bool is_llhttp_method(std::string_view method) {
#define LR_METHOD_NAME(number, name, string) std::string_view(#string),
  static constexpr std::array kMethods = {HTTP_METHOD_MAP(LR_METHOD_NAME)};
#undef LR_METHOD_NAME
  return method != "PRI" && std::ranges::find(kMethods, method) != kMethods.end();
}

}  // namespace fuzz
