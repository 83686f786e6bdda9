#include <thread>

#include <gmock/gmock.h>

#include "proxy/testing.hpp"

// A backend that never stops sending, and a client that never stops reading.

namespace proxy {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class FloodTest : public testing::ProxyFixture {
 protected:
  template <class Name>
  io::Task<void> scenario();

  /// Sends `head` and then `piece` for as long as anybody takes it, within bounds.
  struct Flood {
    Flood(std::string head, std::string piece) {
      thread = std::thread([this, head = std::move(head), piece = std::move(piece)] {
        const io::testing::Peer router = listener.accept();
        static_cast<void>(router.receive_until("\r\n\r\n"));
        const auto limit = std::chrono::steady_clock::now() + 30s;
        std::string_view next = head;
        while (std::chrono::steady_clock::now() < limit) {
          if (::send(router.fd(), next.data(), next.size(), MSG_NOSIGNAL) < 0) return;
          next = piece;
        }
      });
    }
    ~Flood() { thread.join(); }
    io::testing::Listener listener;
    std::thread thread;
  };

  io::Task<void> count_turns() {
    while (!served) {
      ++turns;
      co_await io::sleep_until(loop, loop.now() + 1ms);
    }
  }

  /// Serves one call with backend and client both as fast as they can.
  io::Task<void> serve_flood(const Flood& flood, std::string_view call) {
    config::Backend backend = upstream::testing::backend_config(
        "b", "http://127.0.0.1:" + std::to_string(flood.listener.port()));
    // On a busy machine a turn may take a tenth of a second: this is enough for many.
    backend.timeouts.total = 1500ms;
    backend.timeouts.idle = 1500ms;
    route({std::make_shared<upstream::Endpoint>(backend, 0)});
    client.send(testing::request(call));
    std::thread reader([this] {
      std::string piece(1 << 20, '\0');
      while (::recv(client.fd(), piece.data(), piece.size(), 0) > 0) {
      }
    });
    loop.spawn(count_turns());
    co_await serve();
    downstream.abort();
    reader.join();
  }

  int turns = 0;
};

CO_TEST_F(FloodTest, APlainAnswerEndsAtItsTimeAndStarvesNobody) {
  const std::string piece(256 * 1024, 'x');
  const Flood flood("HTTP/1.1 200 OK\r\nContent-Length: 100000000000000\r\n\r\n[\"" + piece, piece);
  const auto start = loop.now();
  co_await serve_flood(flood, R"({"model":"m"})");
  EXPECT_LT(loop.now() - start, 15s);
  EXPECT_GT(turns, 4);  // 2 where nothing yields
  EXPECT_THAT(access_lines(), HasSubstr("\"status\":200"));
}

}  // namespace
}  // namespace proxy
