#include "proxy/access_line.hpp"

#include <charconv>
#include <chrono>
#include <cstring>

#include "base/escape.hpp"

namespace proxy {
namespace {

char* put(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* put_number(char* out, std::uint64_t value) {
  constexpr std::size_t kDigits = 20;
  return std::to_chars(out, out + kDigits, value).ptr;
}

// Milliseconds with microseconds behind the point: 12.034.
char* put_duration(char* out, base::Duration duration) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  const auto value = static_cast<std::uint64_t>(us < 0 ? 0 : us);
  out = put_number(out, value / 1000);
  const auto rest = static_cast<unsigned>(value % 1000);
  *out++ = '.';
  *out++ = static_cast<char>('0' + rest / 100);
  *out++ = static_cast<char>('0' + rest / 10 % 10);
  *out++ = static_cast<char>('0' + rest % 10);
  return out;
}

char* put_duration(char* out, const std::optional<base::Duration>& duration,
                   std::string_view absent) {
  return duration ? put_duration(out, *duration) : put(out, absent);
}

std::uint64_t unsigned_status(int status) {
  return static_cast<std::uint64_t>(status);
}

}  // namespace

std::string_view AccessLineFormatter::format(const AccessRecord& record) {
  char* const begin = line_.data();
  char* const end =
      format_ == base::LogFormat::json ? write_json(begin, record) : write_text(begin, record);
  return {begin, static_cast<std::size_t>(end - begin)};
}

char* AccessLineFormatter::write_json(char* out, const AccessRecord& r) {
  const auto text = [&](std::string_view key, std::string_view value, std::size_t cap = kNameCap) {
    out = put(out, key);
    out = base::write_escaped(out, value, cap);
  };
  out = put(out, R"({"time":")");
  out = clock_.write(out, r.time);
  text(R"(","request_id":")", r.request_id);
  text(R"(","client":")", r.client);
  text(R"(","method":")", r.method);
  text(R"(","path":")", r.path, kPathCap);
  text(R"(","model":")", r.model);
  text(R"(","backend":")", r.backend);
  out = put_number(put(out, R"(","status":)"), unsigned_status(r.status));
  out = put_number(put(out, R"(,"bytes_in":)"), r.bytes_in);
  out = put_number(put(out, R"(,"bytes_out":)"), r.bytes_out);
  out = put_duration(put(out, R"(,"connect_ms":)"), r.connect, "null");
  out = put_duration(put(out, R"(,"first_byte_ms":)"), r.first_byte, "null");
  out = put_duration(put(out, R"(,"total_ms":)"), r.total);
  out = put(out, r.streamed ? R"(,"streamed":true)" : R"(,"streamed":false)");
  text(R"(,"error_code":")", r.error_code);
  return put(out, "\"}\n");
}

char* AccessLineFormatter::write_text(char* out, const AccessRecord& r) {
  const auto word = [&](std::string_view key, std::string_view value, std::size_t cap = kNameCap) {
    out = put(out, key);
    out = value.empty() ? put(out, "-") : base::write_word(out, value, cap);
  };
  out = clock_.write(out, r.time);
  word(" request_id=", r.request_id);
  word(" client=", r.client);
  word(" method=", r.method);
  word(" path=", r.path, kPathCap);
  word(" model=", r.model);
  word(" backend=", r.backend);
  out = put_number(put(out, " status="), unsigned_status(r.status));
  out = put_number(put(out, " bytes_in="), r.bytes_in);
  out = put_number(put(out, " bytes_out="), r.bytes_out);
  out = put_duration(put(out, " connect_ms="), r.connect, "-");
  out = put_duration(put(out, " first_byte_ms="), r.first_byte, "-");
  out = put_duration(put(out, " total_ms="), r.total);
  out = put(out, r.streamed ? " streamed=true" : " streamed=false");
  word(" error_code=", r.error_code);
  return put(out, "\n");
}

}  // namespace proxy
