#include "llm/call.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>

#include "base/try.hpp"
#include "json/scan.hpp"
#include "json/walk.hpp"
#include "llm/response_ids.hpp"

namespace llm {
namespace {

using base::ErrorCode;

constexpr std::string_view kPreviousResponse = "previous_response_id";
constexpr std::string_view kConversation = "conversation";

bool is_control(unsigned char byte) {
  return byte < 0x20 || byte == 0x7f;
}

/// U+0080 to U+009F, as UTF-8 spells them.
bool has_c1_control(std::string_view text) {
  const auto begins_one = [](char lead, char next) {
    return lead == '\xC2' && static_cast<unsigned char>(next) < 0xA0;
  };
  return std::ranges::adjacent_find(text, begins_one) != text.end();
}

base::Result<void> check_model(std::string_view model, std::string_view member) {
  const auto refuse = [&](const char* why) {
    return base::fail(ErrorCode::invalid_model, '`' + std::string(member) + "` " + why, member);
  };
  if (model.empty()) return refuse("must not be empty.");
  if (model.size() > kMaxModelBytes) return refuse("must not be longer than 256 bytes.");
  if (!is_model_name(model)) return refuse("must not contain control characters.");
  return {};
}

base::Result<Call> read_model(const json::Found& found, std::string_view member) {
  const std::string quoted = '`' + std::string(member) + '`';
  if (found.kind == json::Kind::absent) {
    return base::fail(ErrorCode::missing_model, "The request must name a model in " + quoted + '.',
                      member);
  }
  if (found.kind != json::Kind::string) {
    return base::fail(ErrorCode::invalid_model, quoted + " must be a string.", member);
  }
  Call call;
  call.model_value = found.raw;
  if (const auto plain = json::plain_string(found)) {
    call.model_in_body = *plain;
  } else {
    TRY(call.unescaped_model, json::as_string(found));
  }
  TRY_VOID(check_model(call.model(), member));
  return call;
}

/// The member that asks for a stream.
std::string_view stream_member(const Operation& operation) {
  return operation.stream == StreamForm::speech ? "stream_format" : "stream";
}

base::Result<bool> read_stream(const json::Found& found, StreamForm form) {
  // Of its values `sse` alone means events; what they must be is the backend's to say.
  if (form == StreamForm::speech) return json::as_string(found).value_or("") == "sse";
  if (found.kind == json::Kind::absent || found.kind == json::Kind::null) return false;
  const auto value = json::as_bool(found);
  if (!value) {
    return base::fail(ErrorCode::bad_request, "`stream` must be true, false or null.", "stream");
  }
  return *value;
}

/// What isn't of the right type names nothing; the backend will say so.
void read_continued(Call& call, const json::Found& response, const json::Found& conversation) {
  call.continued = json::as_string(response).value_or("");
  call.continued_by = kPreviousResponse;
  if (!call.continued.empty()) return;
  call.continued = conversation_id(conversation);
  call.continued_by = kConversation;
}

}  // namespace

bool is_model_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxModelBytes && !std::ranges::any_of(name, is_control) &&
         !has_c1_control(name);
}

base::Result<Call> read_call(const Operation& operation, std::string_view body) {
  const std::array<std::string_view, 4> names = {operation.model_member, stream_member(operation),
                                                 kPreviousResponse, kConversation};
  std::array<json::Found, names.size()> found;
  const bool may_continue = operation.stream == StreamForm::responses;
  TRY_VOID(json::scan_object(body, std::span(names).first(may_continue ? 4 : 2), found));
  TRY(Call call, read_model(found[0], operation.model_member));
  if (operation.stream != StreamForm::none) {
    TRY(call.stream, read_stream(found[1], operation.stream));
  }
  if (may_continue) read_continued(call, found[2], found[3]);
  return call;
}

}  // namespace llm
