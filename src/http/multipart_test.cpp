#include "http/multipart.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "http/multipart_head.hpp"

namespace http {
namespace {

constexpr std::string_view kBoundary = "b0undary";

std::string part(std::string_view disposition, std::string_view content,
                 std::string_view more = "") {
  return "--b0undary\r\nContent-Disposition: form-data; " + std::string(disposition) + "\r\n" +
         std::string(more) + "\r\n" + std::string(content) + "\r\n";
}
std::string model(std::string_view value = "m") {
  return part("name=\"model\"", value);
}
const std::string kEnd = "--b0undary--\r\n";
const std::string kFile =
    part("name=\"file\"; filename=\"a.wav\"", std::string("RIFF\0\r\n--b\r\n\n-- \xff", 17),
         "Content-Type: audio/wav; charset=utf-16\r\n");

struct Read {
  std::string code;  ///< of the error, or nothing
  std::string model = "(none)";
  std::string stream = "(none)";
  std::uint64_t at = 0;
  bool operator==(const Read&) const = default;
};

Read read(std::string_view body, std::size_t piece, std::string_view boundary = kBoundary) {
  MultipartScanner scanner(boundary, {"model", "stream"});
  Read out;
  const auto note = [&](const base::Result<void>& result) {
    if (result) return true;
    out.code = std::to_string(static_cast<int>(result.error().code)) + result.error().message;
    return false;
  };
  for (std::size_t at = 0; at < body.size(); at += piece) {
    if (!note(scanner.feed(body.substr(at, piece)))) return out;
  }
  note(scanner.finish());
  if (scanner.value(0)) out.model = scanner.value(0)->text;
  if (scanner.value(0)) out.at = scanner.value(0)->at;
  if (scanner.value(1)) out.stream = scanner.value(1)->text;
  return out;
}

/// The same however it is cut.
Read read(std::string_view body) {
  Read whole = read(body, body.size() + 1);
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 64U}) {
    const Read cut = read(body, piece);
    EXPECT_EQ(cut.code, whole.code) << piece << " bytes a piece of " << body;
    if (whole.code.empty()) {
      EXPECT_EQ(cut, whole);
    }
  }
  return whole;
}

bool is_refused_as(const Read& read, base::ErrorCode code) {
  return read.code.starts_with(std::to_string(static_cast<int>(code)));
}

TEST(Multipart, FindsTheModelWhereverItStands) {
  const std::string stream = part("name=stream", "true");
  for (const std::string& body : {model() + kFile + stream + kEnd, kFile + model() + stream + kEnd,
                                  stream + kFile + model() + kEnd}) {
    const Read found = read(body);
    EXPECT_EQ(found.code, "");
    EXPECT_EQ(found.model, "m");
    EXPECT_EQ(found.stream, "true");
    EXPECT_EQ(body.substr(found.at, 3), "m\r\n");
  }
}

TEST(Multipart, FormsAsClientsWriteThem) {
  const std::string line = "Content-Type: text/plain; charset=utf-8\r\n";
  for (const std::string& body : {
           part("name=model", "m", line),                         // .NET
           part("NAME=\"model\"", "m", "content-length: 1\r\n"),  // OkHttp
           part("name=\"model\"", "m", "Content-Transfer-Encoding: 8bit\r\n") + kFile,
           part(R"(name="file"; filename="C:\a\b.wav"; filename*=utf-8''b.wav)", "") + model(),
           part("name=\"a;b=c\"", "") + model(),
       }) {
    EXPECT_EQ(read(body + kEnd).model, "m") << body;
    EXPECT_EQ(read(body + kEnd).code, "") << body;
  }
  EXPECT_EQ(read(model() + "--b0undary--").code, "") << "the last line end may be missing";
  EXPECT_EQ(read(kFile + kEnd).model, "(none)");
  EXPECT_EQ(read(kEnd).code, "");
}

TEST(Multipart, RefusesWhatIsNoForm) {
  for (const std::string& body : {
           std::string(),
           std::string("{}"),
           "\r\n" + model() + kEnd,
           "preamble\r\n" + model() + kEnd,
           model() + kEnd + "epilogue",
           model() + kEnd + "\r\n",
           model(),
           model() + "--b0undary-",
           model() + "--b0undary\r\n",
           model() + "--b0undary --\r\n",
           model() + "--b0undaryX\r\n" + kEnd,
           part("name=\"a\"", "x\n--b0undary\r\n") + model() + kEnd,
           part("name=\"a\"", "x\r--b0undary--") + model() + kEnd,
           "--b0undary\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + model() + kEnd,
           "--b0undary\r\n\r\n\r\n" + kEnd,
           std::string("--b0undary\nContent-Disposition: form-data; name=\"model\"\n\nm\n") +
               "--b0undary--\n",
       }) {
    EXPECT_TRUE(is_refused_as(read(body), base::ErrorCode::bad_request)) << body;
  }
}

TEST(Multipart, ABoundaryWithinALineIsContent) {
  const std::string body = part("name=\"a\"", "x--b0undary--b0undary--\r\n-") + model() + kEnd;
  EXPECT_EQ(read(body).code, "");
  EXPECT_EQ(read(body).model, "m");
}

TEST(Multipart, RefusesHeadsThatParsersReadDifferently) {
  for (const char* head :
       {"Content-Disposition: form-data", "Content-Disposition: attachment; name=\"a\"",
        "Content-Disposition: form-data; name*=utf-8''model",
        "Content-Disposition: form-data; name*0=\"mo\"; name*1=\"del\"",
        "Content-Disposition: form-data; name=\"a\"; name=\"model\"",
        "Content-Disposition: form-data; name=\"a\"; filename=\"\\\"; name=\\\"model\"",
        "Content-Disposition: form-data; name=\"=?utf-8?B?bW9kZWw=?=\"",
        "Content-Disposition: form-data; name=\"a", "Content-Disposition: form-data; name=a b",
        "Content-Disposition: form-data name=a", "Content-Disposition: form-data; =a",
        "Content-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"b\"",
        "Content-Disposition: form-data;\r\n name=\"a\"", "Content-Type: text/plain", "X",
        "Content-Disposition : form-data; name=\"a\"",
        "Content-Disposition: form-data; name=\"a\"\nX: y"}) {
    const std::string body = "--b0undary\r\n" + std::string(head) + "\r\n\r\nm\r\n" + kEnd;
    EXPECT_TRUE(is_refused_as(read(body), base::ErrorCode::bad_request)) << head;
  }
}

TEST(Multipart, TheModelIsOneAndPlain) {
  using base::ErrorCode;
  EXPECT_TRUE(is_refused_as(read(model() + model() + kEnd), ErrorCode::duplicate_key));
  for (const char* name : {"Model", "MODEL", " model", "mod\\el", "%6dodel", "'model'"}) {
    const std::string other = part("name=\"" + std::string(name) + "\"", "n");
    EXPECT_TRUE(is_refused_as(read(model() + other + kEnd), ErrorCode::duplicate_key)) << name;
  }
  for (const std::string& bad : {
           part("name=\"model\"; filename=\"m\"", "m"),
           part("name=\"model\"; filename*=utf-8''m", "m"),
           part("name=\"model\"", "bQ==", "Content-Transfer-Encoding: base64\r\n"),
           part("name=\"model\"", "m", "Content-Type: text/plain; charset=utf-16\r\n"),
           model(std::string(257, 'm')),
       }) {
    EXPECT_TRUE(is_refused_as(read(bad + kEnd), ErrorCode::invalid_model)) << bad;
  }
  EXPECT_EQ(read(model(std::string(256, 'm')) + kEnd).model, std::string(256, 'm'));
}

TEST(Multipart, PartsAndTheirHeadsAreLimited) {
  const std::string small = part("name=a", "");
  std::string many;
  for (std::size_t i = 0; i < MultipartScanner::kMaxParts; ++i)
    many += small;
  EXPECT_EQ(read(many + kEnd, 100'000).code, "");
  EXPECT_TRUE(is_refused_as(read(many + model() + kEnd, 100'000), base::ErrorCode::bad_request));
  const std::string large = "X: " + std::string(MultipartScanner::kMaxPartHead, 'x') + "\r\n";
  EXPECT_TRUE(is_refused_as(read(part("name=a", "", large)), base::ErrorCode::bad_request));
  EXPECT_TRUE(is_refused_as(read("--b0undary\r\n" + std::string(20'000, 'x'), 100),
                            base::ErrorCode::bad_request));
}

TEST(FormBoundary, IsReadStrictly) {
  const auto boundary = [](std::string_view rest) {
    const auto read = form_boundary("multipart/form-data" + std::string(rest));
    return read ? *read : "(refused)";
  };
  EXPECT_EQ(boundary("; boundary=a"), "a");
  EXPECT_EQ(boundary(";charset=utf-8; Boundary=\"a'(=?b\""), "a'(=?b");
  EXPECT_EQ(boundary("; boundary=" + std::string(70, 'x')), std::string(70, 'x'));
  for (const char* bad : {"", ";", "; boundary", "; boundary=", "; boundary=\"\"", "; boundary=a b",
                          "; boundary=\"a b\"", "; boundary=a; boundary=b", "; boundary*=utf-8''a",
                          "; boundary=\"a", "; boundary=a\"b", "; boundary=a\x80", "x; boundary=a"})
    EXPECT_EQ(boundary(bad), "(refused)") << bad;
  EXPECT_EQ(boundary("; boundary=" + std::string(71, 'x')), "(refused)");
  EXPECT_EQ(form_boundary("application/json").error().code,
            base::ErrorCode::unsupported_media_type);
  EXPECT_EQ(form_boundary("multipart/form-data").error().code, base::ErrorCode::bad_request);
}

// fuzz/multipart_fuzz.cpp holds the same for any bytes.
TEST(Multipart, Corpus) {
  int replayed = 0;
  const std::filesystem::path folder = std::filesystem::path(LLM_ROUTER_CORPORA) / "multipart";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    read(std::string{std::istreambuf_iterator<char>(in), {}});
    ++replayed;
  }
  EXPECT_GT(replayed, 5);
}

}  // namespace
}  // namespace http
