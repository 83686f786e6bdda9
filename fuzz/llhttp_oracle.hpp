#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// llhttp 8.1 in strict mode as the second opinion on every message that src/http/ accepts.
namespace fuzz {

struct LlhttpVerdict {
  std::string refusal;  ///< llhttp's reason; empty if it accepts the bytes
  bool head_complete = false;
  bool message_complete = false;
  // Of the head:
  std::string method;
  std::string target;
  int status = 0;
  int minor = 0;
  bool chunked = false;
  bool has_length = false;
  std::uint64_t content_length = 0;
  bool keep_alive = false;
  std::vector<std::pair<std::string, std::string>> fields;  ///< trailers, too
  // Of the body:
  std::string payload;
};

/// What llhttp makes of exactly these bytes. Its pause before the bytes of another protocol
/// (CONNECT, Upgrade) is no refusal.
LlhttpVerdict ask_llhttp_request(std::string_view bytes);
LlhttpVerdict ask_llhttp_response(std::string_view bytes);

/// Whether it is one of the methods that llhttp knows for HTTP.
bool is_llhttp_method(std::string_view method);

}  // namespace fuzz
