#include "reply.hpp"

#include <algorithm>

#include "http/chunked.hpp"

namespace sim {
namespace {

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

std::string head(int status, std::string_view content_type) {
  return "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason(status)) +
         "\r\nServer: llm-sim\r\nContent-Type: " + std::string(content_type) + "\r\n";
}

}  // namespace

Reply::Reply(Client& client, const Fault& fault)
    : client_(client), with_reset_(fault.is(Fault::Kind::rst)) {
  if (fault.is(Fault::Kind::cut) || with_reset_) bytes_left_ = fault.value;
}

io::Task<bool> Reply::whole(const Answer& answer) {
  std::string out = head(answer.status, answer.content_type);
  out += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
  if (answer.retry_later) out += "Retry-After: 1\r\n";
  out += "\r\n";
  if (!bytes_left_) co_return co_await client_.connection.write(out + answer.body);
  if (!co_await client_.connection.write(out)) co_return false;
  co_return co_await body(answer.body);
}

io::Task<bool> Reply::begin_stream() {
  co_return co_await client_.connection.write(
      head(200, "text/event-stream; charset=utf-8") +
      "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n");
}

io::Task<bool> Reply::event(std::string_view bytes) {
  const bool to_be_cut = bytes_left_ && *bytes_left_ <= bytes.size();
  const std::string_view sent = to_be_cut ? bytes.substr(0, *bytes_left_) : bytes;
  if (!sent.empty()) {
    std::string chunk;
    http::append_chunk_head(chunk, sent.size());
    chunk.append(sent).append(http::kChunkEnd);
    if (!co_await client_.connection.write(chunk)) co_return false;
  }
  if (to_be_cut) break_off();
  if (bytes_left_) *bytes_left_ -= sent.size();
  co_return !to_be_cut;
}

io::Task<bool> Reply::end_stream() {
  co_return co_await client_.connection.write(http::kLastChunk);
}

io::Task<bool> Reply::body(std::string_view bytes) {
  const bool to_be_cut = *bytes_left_ < bytes.size();
  if (to_be_cut) bytes = bytes.substr(0, *bytes_left_);
  if (!co_await client_.connection.write(bytes)) co_return false;
  if (to_be_cut) break_off();
  co_return !to_be_cut;
}

void Reply::break_off() {
  broken_ = true;
  if (with_reset_) client_.stream.reset();
}

}  // namespace sim
