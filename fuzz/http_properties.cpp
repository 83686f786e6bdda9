#include "http_properties.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include "http/chunked.hpp"
#include "http/head_test_feed.hpp"
#include "http/target.hpp"
#include "http/url.hpp"
#include "llhttp_oracle.hpp"

namespace fuzz {
namespace {

using http::Framing;

// Some ways for the bytes to arrive: byte by byte if they are few, else in a few pieces.
std::vector<std::size_t> some_arrivals(std::string_view bytes) {
  if (bytes.size() <= 256) return http::test::each_byte(bytes.size());
  std::vector<std::size_t> arrivals;
  const std::size_t step = 1 + static_cast<unsigned char>(bytes[bytes.size() / 2]);
  for (std::size_t at = 1; at < bytes.size(); at += step)
    arrivals.push_back(at);
  arrivals.push_back(bytes.size());
  return arrivals;
}

std::string compare_fields(const http::Headers& ours, const LlhttpVerdict& theirs) {
  if (ours.size() != theirs.fields.size()) return "llhttp counts other fields";
  for (std::size_t i = 0; i < ours.size(); ++i) {
    if (ours[i].name != theirs.fields[i].first) return "llhttp reads another field name";
    if (ours[i].value != theirs.fields[i].second) return "llhttp reads another field value";
  }
  return {};
}

std::string compare_framing(Framing framing, std::uint64_t length, const LlhttpVerdict& theirs) {
  if ((framing == Framing::chunked) != theirs.chunked) return "llhttp disagrees on chunked";
  if ((framing == Framing::length) != theirs.has_length) return "llhttp disagrees on a length";
  if (theirs.has_length && length != theirs.content_length) return "llhttp reads another length";
  return {};
}

std::string compare_request(const http::RequestHead& head, std::string_view bytes) {
  std::string copy(bytes.substr(0, head.size));
  // An unknown method is answered with 405 here, while llhttp refuses it.
  const bool known = is_llhttp_method(head.method);
  if (!known) copy.replace(0, head.method.size(), "POST");

  const LlhttpVerdict theirs = ask_llhttp_request(copy);
  if (!theirs.refusal.empty()) return "llhttp refuses the head: " + theirs.refusal;
  if (!theirs.head_complete) return "llhttp waits for more of the head";
  if (known && head.method != theirs.method) return "llhttp reads another method";
  if (head.target != theirs.target) return "llhttp reads another target";
  if (head.minor != theirs.minor) return "llhttp reads another version";
  if (head.keep_alive && !theirs.keep_alive) return "llhttp would close";
  if (auto wrong = compare_fields(head.headers, theirs); !wrong.empty()) return wrong;
  return compare_framing(head.framing, head.content_length, theirs);
}

std::string compare_response(const http::ResponseHead& head, std::string_view bytes) {
  const LlhttpVerdict theirs = ask_llhttp_response(bytes.substr(0, head.size));
  if (!theirs.refusal.empty()) return "llhttp refuses the head: " + theirs.refusal;
  if (!theirs.head_complete) return "llhttp waits for more of the head";
  if (head.status != theirs.status) return "llhttp reads another status";
  if (head.minor != theirs.minor) return "llhttp reads another version";
  if (head.keep_alive && !theirs.keep_alive) return "llhttp would close";
  if (auto wrong = compare_fields(head.headers, theirs); !wrong.empty()) return wrong;
  if (head.framing == Framing::none) return {};
  return compare_framing(head.framing, head.content_length, theirs);
}

std::string check_target(std::string_view target) {
  const auto parts = http::split_target(target);
  if (!parts) return {};
  const auto decoded = http::percent_decode(parts->path);
  if (!decoded) return "a path with a broken escape was accepted";
  const std::string closed = *decoded + '/';
  for (const std::string_view bad : {"/../", "/./", "\\"})
    if (closed.contains(bad)) return "a path with two readings was accepted";
  if (decoded->contains("//") || decoded->contains('\0')) return "a path was accepted with // or 0";
  return {};
}

struct Body {
  std::string payload;
  std::string end;  // an error, "more", or the place of the end
};

Body decode(std::string_view bytes, const std::vector<std::size_t>& arrivals) {
  http::ChunkedDecoder decoder(http::ChunkedDecoder::Side::request);
  Body body;
  std::size_t begin = 0;
  for (const std::size_t arrived : arrivals) {
    const http::test::Copy piece(bytes.substr(begin, arrived - begin));
    const auto decoded = decoder.decode(piece.span());
    if (!decoded) return {"", http::test::describe(decoded.error())};
    body.payload.append(piece.view().substr(0, decoded->payload));
    if (decoded->done) return {body.payload, std::to_string(begin + decoded->consumed)};
    begin = arrived;
  }
  body.end = "more";
  return body;
}

}  // namespace

std::string check_request_head(std::string_view bytes) {
  const std::string whole = http::test::feed_request(bytes, {bytes.size()});
  if (http::test::feed_request(bytes, some_arrivals(bytes)) != whole && !bytes.empty())
    return "a split changes the result";
  const http::test::ParsedRequest parsed(bytes);
  if (!parsed.failure.empty()) return {};
  if (auto wrong = check_target(parsed.head.target); !wrong.empty()) return wrong;
  return compare_request(parsed.head, bytes);
}

std::string check_response_head(std::string_view bytes) {
  const std::string whole = http::test::feed_response(bytes, {bytes.size()});
  if (http::test::feed_response(bytes, some_arrivals(bytes)) != whole && !bytes.empty())
    return "a split changes the result";
  const http::test::ParsedResponse parsed(bytes);
  return parsed.failure.empty() ? compare_response(parsed.head, bytes) : std::string();
}

std::string check_chunked(std::string_view bytes) {
  if (bytes.empty()) return {};
  const Body whole = decode(bytes, {bytes.size()});
  const Body split = decode(bytes, some_arrivals(bytes));
  if (whole.end != split.end || whole.payload != split.payload) return "a split changes the result";
  if (whole.end == "more" || whole.end.starts_with("error")) return {};

  const std::string request = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
                              std::string(bytes.substr(0, std::stoul(whole.end)));
  const LlhttpVerdict theirs = ask_llhttp_request(request);
  if (!theirs.refusal.empty()) return "llhttp refuses the body: " + theirs.refusal;
  if (!theirs.message_complete) return "llhttp waits for more of the body";
  if (theirs.payload != whole.payload) return "llhttp reads another payload";
  return {};
}

std::string check_url(std::string_view bytes) {
  const auto url = http::parse_url(bytes);
  if (!url) return {};
  const std::string written = (url->tls ? "https://" : "http://") + url->authority() + url->path;
  const auto again = http::parse_url(written);
  if (!again) return "a URL, written out, is refused: " + again.error();
  const bool same = url->tls == again->tls && url->host == again->host &&
                    url->port == again->port && url->path == again->path;
  return same ? "" : "a URL, written out, is understood in another way";
}

}  // namespace fuzz
