#include "http/response_head.hpp"

#include <algorithm>
#include <string>

#include "http/char_set.hpp"

namespace http {
namespace {

// The number behind `timeout=` in `Keep-Alive: timeout=5, max=100`; nothing if it makes no sense.
std::optional<std::chrono::seconds> parse_keep_alive_timeout(std::string_view value) {
  constexpr std::string_view kName = "timeout=";
  constexpr std::size_t kMaxDigits = 6;
  const auto found = std::ranges::search(value, kName, {}, to_lower);
  if (found.empty()) return std::nullopt;
  long seconds = 0;
  std::size_t digits = 0;
  for (const char* p = &*found.begin() + kName.size(); p != value.data() + value.size(); ++p) {
    if (!is_digit(static_cast<unsigned char>(*p))) break;
    if (++digits > kMaxDigits) return std::nullopt;
    seconds = seconds * 10 + (*p - '0');
  }
  if (digits == 0) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace

ResponseHeadParser::Progress ResponseHeadParser::refuse(std::string_view what, Fault::Kind kind) {
  fault_ = {kind, what};
  return Progress::failed;
}

base::Result<bool> ResponseHeadParser::parse(std::string_view buffered, ResponseHead& out) {
  const std::string_view head = buffered.substr(0, limits_.max_bytes);
  Progress progress = Progress::done;
  if (state_ == State::status_line) progress = parse_status_line(head, out);
  if (state_ == State::reason && progress == Progress::done) progress = parse_reason(head);
  if (state_ == State::fields && progress == Progress::done) progress = parse_fields(head, out);

  if (progress == Progress::more && head.size() == limits_.max_bytes)
    progress = refuse("head too large", Fault::Kind::too_large);
  if (progress != Progress::failed) return progress == Progress::done;
  if (fault_.kind == Fault::Kind::too_large)
    return base::fail_upstream(base::ErrorCode::upstream_response_too_large,
                               "the backend's response head is too large",
                               std::string(fault_.what));
  return base::fail_upstream(base::ErrorCode::upstream_protocol_error,
                             "the backend's response is not valid HTTP", std::string(fault_.what));
}

// "HTTP/1.1 200" and the byte behind it, which says whether a reason follows.
ResponseHeadParser::Progress ResponseHeadParser::parse_status_line(std::string_view head,
                                                                   ResponseHead& out) {
  constexpr std::string_view kPattern = "HTTP/1.d ddd";
  const std::string_view text = head.substr(0, kPattern.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool fits =
        kPattern[i] == 'd' ? is_digit(static_cast<unsigned char>(text[i])) : kPattern[i] == text[i];
    if (!fits) return refuse("malformed status line");
  }
  if (head.size() <= kPattern.size()) return Progress::more;
  const char next = head[kPattern.size()];
  if (next != ' ' && next != '\r') return refuse("malformed status line");
  if (text[7] > '1') return refuse("unknown version of HTTP");

  out.minor = text[7] - '0';
  out.status = (text[9] - '0') * 100 + (text[10] - '0') * 10 + (text[11] - '0');
  if (out.status < 100 || out.status > 599) return refuse("status out of range");
  position_ = kPattern.size();
  state_ = State::reason;
  out.headers.clear();
  out.framing = Framing::until_close;
  out.content_length = 0;
  out.keep_alive_timeout.reset();
  connection_ = {};
  return Progress::done;
}

ResponseHeadParser::Progress ResponseHeadParser::parse_reason(std::string_view head) {
  const char* const end = head.data() + head.size();
  const char* const p = kValueChars.skip(head.data() + position_, end);
  position_ = static_cast<std::size_t>(p - head.data());
  if (p == end) return Progress::more;
  if (*p != '\r') return refuse("control character in the reason phrase");
  if (p + 1 == end) return Progress::more;
  if (p[1] != '\n') return refuse("CR without LF");

  position_ += 2;
  fields_.start(position_, limits_.max_fields);
  state_ = State::fields;
  return Progress::done;
}

ResponseHeadParser::Progress ResponseHeadParser::parse_fields(std::string_view head,
                                                              ResponseHead& out) {
  while (true) {
    switch (fields_.next(head, out.headers)) {
      case FieldParser::Step::field:
        if (take_field(out) == Progress::failed) return Progress::failed;
        break;
      case FieldParser::Step::end:
        return finish(head, out);
      case FieldParser::Step::more:
        return Progress::more;
      case FieldParser::Step::failed:
        return refuse(fields_.fault().what, fields_.fault().kind);
    }
  }
}

ResponseHeadParser::Progress ResponseHeadParser::take_field(ResponseHead& out) {
  const Header& field = fields_.field();
  switch (field.id) {
    case HeaderId::content_length:
      return take_length(out);
    case HeaderId::transfer_encoding:
      return take_transfer_encoding(out);
    case HeaderId::connection:
      return connection_.add(field.value) ? Progress::done
                                          : refuse("too many options in Connection");
    case HeaderId::keep_alive:
      out.keep_alive_timeout = parse_keep_alive_timeout(field.value);
      return Progress::done;
    default:
      return Progress::done;
  }
}

ResponseHeadParser::Progress ResponseHeadParser::take_length(ResponseHead& out) {
  if (fields_.repeated()) return refuse("Content-Length twice");
  const auto length = parse_content_length(fields_.field().value);
  if (!length) return refuse("invalid Content-Length");
  if (out.framing == Framing::chunked) return refuse("Content-Length beside Transfer-Encoding");
  out.framing = Framing::length;
  out.content_length = *length;
  return Progress::done;
}

ResponseHeadParser::Progress ResponseHeadParser::take_transfer_encoding(ResponseHead& out) {
  if (fields_.repeated()) return refuse("Transfer-Encoding twice");
  if (out.minor == 0) return refuse("Transfer-Encoding in an HTTP/1.0 response");
  if (!equals_ignoring_case(fields_.field().value, "chunked"))
    return refuse("Transfer-Encoding other than chunked");
  if (out.framing == Framing::length) return refuse("Transfer-Encoding beside Content-Length");
  out.framing = Framing::chunked;
  return Progress::done;
}

ResponseHeadParser::Progress ResponseHeadParser::finish(std::string_view head, ResponseHead& out) {
  const bool interim = out.status < 200;
  const bool bodiless = interim || out.status == 204 || out.status == 304;
  // Whoever announces a body where there can be none may well send it: trust no byte behind it.
  const bool announces_body = out.framing == Framing::chunked || out.content_length > 0;
  const bool contradicts = announces_body && (interim || out.status == 204);
  if (bodiless) {
    out.framing = Framing::none;
    out.content_length = 0;
  }

  const bool persistent = out.minor == 1 || connection_.keep_alive;
  out.keep_alive =
      persistent && !connection_.close && !contradicts && out.framing != Framing::until_close;
  out.connection_names_fields = connection_.names_fields;
  out.size = fields_.position();
  out.headers.rebase(head.data());
  return Progress::done;
}

}  // namespace http
