#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "http/request_head.hpp"
#include "http/response_head.hpp"

/// Feeding of parsers for tests: in any pieces, each time from fresh memory of the exact size, so
/// that the sanitizer sees a parser that reads too far or holds on to bytes that have moved.
namespace http::test {

/// What became of some bytes, as text that can be compared and read.
inline std::string describe(const base::Error& error) {
  return "error " + std::to_string(static_cast<int>(error.code)) + ": " + error.message + "|" +
         error.cause;
}

inline std::string describe(const Headers& headers) {
  std::string text;
  for (const Header header : headers)
    text.append(header.name).append("=").append(header.value).append("\n");
  return text;
}

inline std::string describe_framing(Framing framing, std::uint64_t length, bool keep_alive) {
  constexpr std::string_view kNames[] = {"none", "length", "chunked", "until_close"};
  return std::string(kNames[static_cast<int>(framing)]) + " " + std::to_string(length) +
         (keep_alive ? " keep" : " close");
}

inline std::string describe(const RequestHead& head) {
  return std::string(head.method) + " " + std::string(head.target) + " 1." +
         std::to_string(head.minor) + " " +
         describe_framing(head.framing, head.content_length, head.keep_alive) +
         (head.expect_continue ? " expect" : "") + " size " + std::to_string(head.size) + "\n" +
         describe(head.headers);
}

inline std::string describe(const ResponseHead& head) {
  return std::to_string(head.status) + " 1." + std::to_string(head.minor) + " " +
         describe_framing(head.framing, head.content_length, head.keep_alive) + " size " +
         std::to_string(head.size) + "\n" + describe(head.headers);
}

/// A copy of the bytes in memory of its own.
class Copy {
 public:
  explicit Copy(std::string_view bytes) : bytes_(new char[bytes.size()]), size_(bytes.size()) {
    if (!bytes.empty()) std::memcpy(bytes_.get(), bytes.data(), bytes.size());
  }
  std::string_view view() const { return {bytes_.get(), size_}; }
  std::span<char> span() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

/// Parses the bytes after each of the given counts has arrived.
template <class Parser, class Head>
std::string feed_head(std::string_view bytes, const std::vector<std::size_t>& arrivals,
                      Limits limits = {}) {
  Parser parser(limits);
  Head head;
  std::vector<std::unique_ptr<Copy>> kept;
  for (const std::size_t arrived : arrivals) {
    kept.clear();
    kept.push_back(std::make_unique<Copy>(bytes.substr(0, arrived)));
    const auto parsed = parser.parse(kept.back()->view(), head);
    if (!parsed) return describe(parsed.error());
    if (*parsed) return describe(head);
  }
  return "more";
}

inline std::string feed_request(std::string_view bytes, const std::vector<std::size_t>& arrivals,
                                Limits limits = {}) {
  return feed_head<RequestHeadParser, RequestHead>(bytes, arrivals, limits);
}

inline std::string feed_response(std::string_view bytes, const std::vector<std::size_t>& arrivals,
                                 Limits limits = {}) {
  return feed_head<ResponseHeadParser, ResponseHead>(bytes, arrivals, limits);
}

/// 1, 2, … size: byte by byte.
inline std::vector<std::size_t> each_byte(std::size_t size) {
  std::vector<std::size_t> arrivals;
  for (std::size_t i = 1; i <= size; ++i)
    arrivals.push_back(i);
  return arrivals;
}

/// A head parsed in one go that keeps its bytes, for tests of what is done with it.
template <class Parser, class Head>
struct Parsed {
  explicit Parsed(std::string_view text) : bytes(text) {
    const auto parsed = Parser().parse(bytes, head);
    if (!parsed)
      failure = describe(parsed.error());
    else if (!*parsed)
      failure = "more";
  }
  Parsed(const Parsed&) = delete;
  Parsed& operator=(const Parsed&) = delete;

  std::string bytes;
  Head head;
  std::string failure;
};
using ParsedRequest = Parsed<RequestHeadParser, RequestHead>;
using ParsedResponse = Parsed<ResponseHeadParser, ResponseHead>;

}  // namespace http::test
