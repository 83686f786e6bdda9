// llhttp's own request cases (nodejs/llhttp, test/request): what it refuses in strict mode is
// refused here, and what it accepts is accepted, but for the cases named below.
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <regex>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "http/chunked.hpp"
#include "http/head_test_feed.hpp"
#include "http/request_head.hpp"

namespace http {
namespace {

struct Case {
  std::string file;
  std::string name;
  std::string meta;
  std::string input;
  std::string log;
};

// Line ends, escapes and continuation lines as in llhttp's own test runner.
std::string unescape(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  text = std::regex_replace(text, std::regex("\\\\\n"), "");
  text = std::regex_replace(text, std::regex("\n"), "\r\n");
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    constexpr std::string_view kLetters = "rntf";
    if (const std::size_t letter = kLetters.find(next); next != '\0' && letter != kLetters.npos) {
      bytes += "\r\n\t\f"[letter];
      ++i;
    } else if (next == 'x') {
      bytes += static_cast<char>(std::stoi(text.substr(i + 2, 2), nullptr, 16));
      i += 3;
    } else {
      bytes += text[i];
    }
  }
  return bytes;
}

// The text of the fence that begins with that line.
std::string read_fence(std::istream& in) {
  std::string text;
  for (std::string line; std::getline(in, line) && !line.starts_with("```");)
    text += line + '\n';
  return text;
}

std::vector<Case> read_cases() {
  std::vector<Case> cases;
  const std::filesystem::path folder = LLM_ROUTER_SHARED_DATA "/llhttp-requests";
  if (!std::filesystem::exists(folder)) return cases;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path());
    Case current{
        .file = entry.path().filename().string(), .name = {}, .meta = {}, .input = {}, .log = {}};
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("#")) current.name = line.substr(line.find_first_not_of("# "));
      if (line.starts_with("<!-- meta=")) current.meta = line;
      if (line.starts_with("```http")) current.input = unescape(read_fence(in));
      if (!line.starts_with("```log")) continue;
      current.log = read_fence(in);
      cases.push_back(current);
    }
  }
  return cases;
}

// Reads every request in the bytes, as a server would, and says how that ended.
std::string serve(std::string_view bytes) {
  while (!bytes.empty()) {
    RequestHeadParser parser;
    RequestHead head;
    const auto parsed = parser.parse(bytes, head);
    if (!parsed) return test::describe(parsed.error());
    if (!*parsed) return "incomplete";
    bytes.remove_prefix(head.size);
    if (head.framing == Framing::length) {
      if (bytes.size() < head.content_length) return "incomplete";
      bytes.remove_prefix(head.content_length);
    }
    if (head.framing == Framing::chunked) {
      const test::Copy copy(bytes);
      const auto body = ChunkedDecoder(ChunkedDecoder::Side::request).decode(copy.span());
      if (!body) return test::describe(body.error());
      if (!body->done) return "incomplete";
      bytes.remove_prefix(body->consumed);
    }
    if (!head.keep_alive) return bytes.empty() ? "ok" : "ok, closed before the rest";
  }
  return "ok";
}

// Most cases leave Host out, and would all be refused for that alone.
std::string with_host(const std::string& request) {
  const std::size_t line = request.find("\r\n");
  const bool has_host = std::regex_search(request, std::regex("\r\nHost", std::regex::icase));
  if (line == std::string::npos || has_host || !request.substr(0, line).ends_with("HTTP/1.1"))
    return request;
  return request.substr(0, line + 2) + "Host: a\r\n" + request.substr(line + 2);
}

bool is_lenient(const Case& test) {
  return test.meta.find("lenient") != std::string::npos;
}

// What llhttp calls an error. Pauses are none: 21 is one that the test asked for, 22 and 23 come
// before the bytes of another protocol.
bool is_refused(const Case& test) {
  static const std::regex kError("error code=(?!21|22|23)");
  return std::regex_search(test.log, kError);
}

struct Exception {
  std::string_view name;
  std::string_view why;
};

constexpr Exception kAcceptedHere[] = {
    {"HTTP protocol and ANNOUNCE method", "unknown methods get as far as a 405"},
    {"Invalid method", "unknown methods get as far as a 405"},
};

constexpr std::string_view kEmptyLine = "no empty line may stand before a request";
constexpr std::string_view kForm = "only origin form, and no fragment";
constexpr std::string_view kProtocol = "only HTTP/1.x";
constexpr std::string_view kLength = "a leading zero makes it octal for some";
constexpr std::string_view kTab = "to nginx a tab is a part of the value";
constexpr std::string_view kHost = "only characters of names and addresses in Host";
constexpr std::string_view kNoHost = "its second request has no Host";
constexpr std::string_view kUpgrade = "an upgrade is ignored: no body with it, a request behind it";
constexpr std::string_view kExtension = "refused by llhttp 8.1 itself";

constexpr Exception kStricterHere[] = {
    {"Prefix newline", kEmptyLine},
    {"Request starting with CRLF", kEmptyLine},
    {"CRLF between requests, implicit `keep-alive`", kEmptyLine},
    {"Should parse multiple events", kEmptyLine},
    {"M-SEARCH request", kForm},
    {"Host terminated by a query string", kForm},
    {"`host:port` terminated by a query string", kForm},
    {"`host:port` terminated by a space", kForm},
    {"`host:port` and basic auth", kForm},
    {"Fragment in URI", kForm},
    {"POST with `chunked` as last transfer-encoding", kForm},
    {"POST with `chunked` as last transfer-encoding (multiple headers)", kForm},
    {"No HTTP version", kProtocol},
    {"SOURCE request with ICE", kProtocol},
    {"OPTIONS request with RTSP", kProtocol},
    {"ANNOUNCE request with RTSP", kProtocol},
    {"PRI request HTTP2", kProtocol},
    {"`Content-Length` with zeroes", kLength},
    {"`Content-Length` with follow-up headers", kLength},
    {"Tabs in `Content-Length` (surrounding)", kTab},
    {"curl GET", kHost},
    {"Firefox GET", kHost},
    {"Restarting when keep-alive is explicitly", kNoHost},
    {"Multiple tokens with folding and LWS", kUpgrade},
    {"Emitting part of body and pausing", kUpgrade},
    {"Upgrade GET request", kUpgrade},
    {"Upgrade POST request", kUpgrade},
    {"Chunk extensions quoting", kExtension},
    {"Chunk extensions", kExtension},
};

const Exception* find_exception(std::span<const Exception> table, const Case& test) {
  const auto found = std::ranges::find(table, test.name, &Exception::name);
  return found == table.end() ? nullptr : &*found;
}

TEST(RequestHeadLlhttp, RefusesWhatLlhttpRefuses) {
  const std::vector<Case> cases = read_cases();
  if (cases.empty()) GTEST_SKIP() << "llhttp's cases are not at " LLM_ROUTER_SHARED_DATA;
  int refused = 0;
  for (const Case& test : cases) {
    if (!is_refused(test)) continue;
    ++refused;
    const std::string verdict = serve(with_host(test.input));
    EXPECT_EQ(verdict != "ok" && verdict != "incomplete", !find_exception(kAcceptedHere, test))
        << test.file << ": " << test.name << ": " << verdict << "\n"
        << test.log;
  }
  EXPECT_GE(refused, 60);
}

TEST(RequestHeadLlhttp, AcceptsWhatLlhttpAcceptsButForThese) {
  const std::vector<Case> cases = read_cases();
  if (cases.empty()) GTEST_SKIP() << "llhttp's cases are not at " LLM_ROUTER_SHARED_DATA;
  int accepted = 0;
  for (const Case& test : cases) {
    if (is_refused(test) || is_lenient(test)) continue;
    const std::string verdict = serve(with_host(test.input));
    const Exception* const stricter = find_exception(kStricterHere, test);
    EXPECT_EQ(verdict.starts_with("error"), stricter != nullptr)
        << test.file << ": " << test.name << ": " << verdict << "\n"
        << test.input;
    accepted += stricter == nullptr ? 1 : 0;
  }
  EXPECT_GE(accepted, 50);
}

}  // namespace
}  // namespace http
