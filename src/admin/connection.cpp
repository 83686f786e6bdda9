#include "admin/connection.hpp"

#include <array>

#include "http/target.hpp"
#include "llm/error_body.hpp"
#include "llm/error_table.hpp"
#include "proxy/answer.hpp"

namespace admin {
namespace {

io::Task<bool> send(http::ServerConnection& connection, const Page& page, bool with_body,
                    std::string_view id, std::string_view more_headers) {
  std::string head = "HTTP/1.1 " + std::to_string(page.status) + " ";
  head.append(proxy::reason(page.status)).append("\r\nx-request-id: ").append(id);
  head.append("\r\nContent-Type: ").append(page.content_type);
  head.append("\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
  head.append(more_headers);
  head.append("Content-Length: ").append(std::to_string(page.body.size())).append("\r\n\r\n");
  const std::string_view body = with_body ? std::string_view(page.body) : std::string_view();
  std::array slices = {iovec{head.data(), head.size()},
                       iovec{const_cast<char*>(body.data()), body.size()}};
  co_return co_await connection.write(slices);
}

Page error_page(const base::Error& error) {
  return {llm::facts(error.code).status, "application/json", llm::error_body(error)};
}

Page answer_to(const http::RequestHead& head, const Sources& sources, base::Instant now) {
  if (head.method != "GET" && head.method != "HEAD") {
    return error_page(
        base::fail(base::ErrorCode::method_not_allowed, "The admin address only takes GET.")
            .error());
  }
  const auto target = http::split_target(head.target);
  if (!target) return error_page(target.error());
  return page_for(target->path, sources, now, base::WallClock::now());
}

std::string request_id(const http::RequestHead& head, base::Random& random) {
  const auto own = head.headers.find(http::HeaderId::x_request_id);
  const auto sane = own ? proxy::sane_request_id(*own) : std::nullopt;
  return sane ? std::string(*sane) : proxy::random_request_id(random);
}

}  // namespace

io::Task<void> serve_connection(const Sources& sources, io::BufferPool& buffers,
                                const http::ServerSettings& settings, base::Random& random,
                                std::unique_ptr<io::Stream> stream) {
  io::Loop& loop = stream->loop();
  http::ServerConnection connection(std::move(stream), buffers, settings);
  for (;;) {
    const auto arrived = co_await connection.read_head();
    if (!arrived) {
      if (arrived.error().code != base::ErrorCode::client_closed) {
        co_await send(connection, error_page(arrived.error()), true,
                      proxy::random_request_id(random), "Connection: close\r\n");
      }
      break;
    }
    if (!*arrived) break;
    const http::RequestHead& head = connection.head();
    const Page page = answer_to(head, sources, loop.now());
    const std::string_view allow = page.status == 405 ? "Allow: GET, HEAD\r\n" : "";
    const std::string id = request_id(head, random);
    if (!co_await send(connection, page, head.method != "HEAD", id, allow)) break;
    if (!connection.end_request()) break;
  }
  co_await connection.linger();
}

}  // namespace admin
