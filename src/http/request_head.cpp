#include "http/request_head.hpp"

#include <algorithm>
#include <string>

#include "http/char_set.hpp"

namespace http {
namespace {

using base::ErrorCode;

// nginx knows only these in a method, where the RFC allows any token.
constexpr CharSet kMethodChars{
    [](unsigned char c) consteval { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; }};

// A fragment never travels (RFC 9112 3.2), and bytes beyond ASCII must be escaped.
constexpr CharSet kTargetChars{
    [](unsigned char c) consteval { return c > 0x20 && c < 0x7f && c != '#'; }};

constexpr CharSet kHostNameChars{[](unsigned char c) consteval {
  return is_digit(c) || is_alpha(c) || c == '.' || c == '-' || c == '_';
}};
constexpr CharSet kHostLiteralChars{
    [](unsigned char c) consteval { return is_digit(c) || is_alpha(c) || c == '.' || c == ':'; }};

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  unsigned port = 0;
  for (const char c : text) {
    if (!is_digit(static_cast<unsigned char>(c))) return false;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  return port <= 65535;
}

// `host [":" port]` without what only serves to confuse: no escapes, no empty labels.
bool is_host(std::string_view value) {
  const char* const end = value.data() + value.size();
  const char* p = nullptr;
  if (value.starts_with('[')) {
    p = kHostLiteralChars.skip(value.data() + 1, end);
    if (p == end || *p != ']' || p - value.data() < 3) return false;
    ++p;
  } else {
    p = kHostNameChars.skip(value.data(), end);
    if (p == value.data() || value.starts_with('.')) return false;
    if (value.find("..") != std::string_view::npos) return false;
  }
  return p == end || (*p == ':' && is_port({p + 1, end}));
}

// Origin form; `*` with OPTIONS only, an authority with CONNECT only (RFC 9112 3.2). Absolute form
// is for proxies that clients know of. Of an incomplete target, its beginning is judged.
bool is_target(std::string_view method, std::string_view target, bool complete) {
  if (target.empty()) return !complete;
  if (method == "CONNECT") return !complete || is_host(target);
  if (method == "OPTIONS" && target.front() == '*') return target.size() == 1;
  return target.front() == '/';
}

// Two of these would let two readers of the message each choose their own. The second row is
// without harm here, but nginx refuses it, too.
constexpr HeaderIdSet kSingletons =
    HeaderIdSet{HeaderId::host,          HeaderId::content_length, HeaderId::transfer_encoding,
                HeaderId::expect,        HeaderId::content_type,   HeaderId::content_encoding,
                HeaderId::authorization, HeaderId::x_api_key} |
    HeaderIdSet{HeaderId::content_range, HeaderId::if_match, HeaderId::if_none_match,
                HeaderId::if_modified_since, HeaderId::if_unmodified_since};

}  // namespace

void RequestHead::rebase(const char* head) {
  target = {head + (target.data() - method.data()), target.size()};
  method = {head, method.size()};
  headers.rebase(head);
}

RequestHeadParser::Progress RequestHeadParser::refuse(std::string_view what, ErrorCode code) {
  refusal_ = code;
  refusal_text_ = what;
  return Progress::failed;
}

base::Result<bool> RequestHeadParser::parse(std::string_view buffered, RequestHead& out) {
  const std::string_view head = buffered.substr(0, limits_.max_bytes);
  Progress progress = Progress::done;
  if (state_ == State::method) progress = parse_method(head);
  if (state_ == State::target && progress == Progress::done) progress = parse_target(head);
  if (state_ == State::version && progress == Progress::done) progress = parse_version(head, out);
  if (state_ == State::fields && progress == Progress::done) progress = parse_fields(head, out);

  if (progress == Progress::more && head.size() == limits_.max_bytes)
    progress = refuse("request head too large", ErrorCode::headers_too_large);
  if (progress == Progress::failed) return base::fail(refusal_, std::string(refusal_text_));
  return progress == Progress::done;
}

RequestHeadParser::Progress RequestHeadParser::parse_method(std::string_view head) {
  const char* const end = head.data() + head.size();
  const char* const p = kMethodChars.skip(head.data() + position_, end);
  position_ = static_cast<std::size_t>(p - head.data());
  if (position_ > kMaxMethodSize) return refuse("method too long");
  if (p == end) return Progress::more;
  if (*p != ' ' || position_ == 0) return refuse("malformed method");

  if (head.starts_with("PRI ")) return refuse("HTTP/2 without an agreement on it");
  target_at_ = ++position_;
  state_ = State::target;
  return Progress::done;
}

RequestHeadParser::Progress RequestHeadParser::parse_target(std::string_view head) {
  const char* const end = head.data() + head.size();
  const char* const p = kTargetChars.skip(head.data() + position_, end);
  position_ = static_cast<std::size_t>(p - head.data());
  target_size_ = position_ - target_at_;
  if (target_size_ > kMaxTargetSize)
    return refuse("request target too long", ErrorCode::uri_too_long);

  const std::string_view method = head.substr(0, target_at_ - 1);
  const std::string_view target = head.substr(target_at_, target_size_);
  if (!is_target(method, target, p != end)) return refuse("request target not of the form /path");
  if (p == end) return Progress::more;
  if (*p != ' ') return refuse("invalid character in the request target");

  ++position_;
  state_ = State::version;
  return Progress::done;
}

RequestHeadParser::Progress RequestHeadParser::parse_version(std::string_view head,
                                                             RequestHead& out) {
  constexpr std::string_view kPattern = "HTTP/d.d\r\n";
  constexpr std::size_t kMajor = kPattern.find('d');
  constexpr std::size_t kMinor = kPattern.rfind('d');
  const std::string_view text = head.substr(position_, kPattern.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = is_digit(static_cast<unsigned char>(text[i]));
    if (kPattern[i] == 'd' ? !digit : kPattern[i] != text[i])
      return refuse("malformed protocol version");
    if ((i == kMajor && text[i] != '1') || (i == kMinor && text[i] > '1'))
      return refuse("only HTTP/1.1 and HTTP/1.0 are spoken here",
                    ErrorCode::http_version_not_supported);
  }
  if (text.size() < kPattern.size()) return Progress::more;

  begin_fields(text[kMinor] - '0', out);
  return Progress::done;
}

void RequestHeadParser::begin_fields(int minor, RequestHead& out) {
  position_ += sizeof("HTTP/1.1\r\n") - 1;
  state_ = State::fields;
  fields_.start(position_, limits_.max_fields);
  connection_ = {};
  out.minor = minor;
  out.headers.clear();
  out.framing = Framing::none;
  out.content_length = 0;
  out.expect_continue = false;
}

RequestHeadParser::Progress RequestHeadParser::parse_fields(std::string_view head,
                                                            RequestHead& out) {
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
        return refuse(fields_.fault().what, fields_.fault().kind == Fault::Kind::too_large
                                                ? ErrorCode::headers_too_large
                                                : ErrorCode::bad_request);
    }
  }
}

RequestHeadParser::Progress RequestHeadParser::take_field(RequestHead& out) {
  const Header& field = fields_.field();
  if (fields_.repeated() && kSingletons.contains(field.id))
    return refuse("a header that may stand only once is repeated");
  switch (field.id) {
    case HeaderId::host:
      return is_host(field.value) ? Progress::done : refuse("invalid Host");
    case HeaderId::content_length:
      return take_length(out);
    case HeaderId::transfer_encoding:
      return take_transfer_encoding(out);
    case HeaderId::connection:
      return connection_.add(field.value) ? Progress::done
                                          : refuse("too many options in Connection");
    case HeaderId::expect:
      return take_expect(out);
    default:
      return Progress::done;
  }
}

RequestHeadParser::Progress RequestHeadParser::take_length(RequestHead& out) {
  const auto length = parse_content_length(fields_.field().value);
  if (!length) return refuse("invalid Content-Length");
  if (out.framing == Framing::chunked) return refuse("Content-Length beside Transfer-Encoding");
  out.framing = Framing::length;
  out.content_length = *length;
  return Progress::done;
}

RequestHeadParser::Progress RequestHeadParser::take_transfer_encoding(RequestHead& out) {
  if (out.minor == 0) return refuse("Transfer-Encoding in an HTTP/1.0 request");
  if (!equals_ignoring_case(fields_.field().value, "chunked"))
    return refuse("Transfer-Encoding other than chunked");
  if (out.framing == Framing::length) return refuse("Transfer-Encoding beside Content-Length");
  out.framing = Framing::chunked;
  return Progress::done;
}

RequestHeadParser::Progress RequestHeadParser::take_expect(RequestHead& out) {
  if (out.minor == 0) return Progress::done;  // to be ignored: RFC 9110 10.1.1
  if (!equals_ignoring_case(fields_.field().value, "100-continue"))
    return refuse("Expect other than 100-continue", ErrorCode::expectation_failed);
  out.expect_continue = true;
  return Progress::done;
}

RequestHeadParser::Progress RequestHeadParser::finish(std::string_view head, RequestHead& out) {
  const bool has_body = out.framing == Framing::chunked || out.content_length > 0;
  if (out.minor == 1 && !out.headers.contains(HeaderId::host)) return refuse("Host is missing");
  if (has_body && out.headers.contains(HeaderId::upgrade)) return refuse("Upgrade with a body");

  out.size = fields_.position();
  out.headers.rebase(head.data());
  out.method = head.substr(0, target_at_ - 1);
  out.target = head.substr(target_at_, target_size_);
  // What follows a CONNECT may be a tunnel's bytes: never read it as a request.
  out.keep_alive = out.minor == 1 && !connection_.close && out.method != "CONNECT";
  out.expect_continue = out.expect_continue && has_body;
  out.connection_names_fields = connection_.names_fields;
  return Progress::done;
}

}  // namespace http
