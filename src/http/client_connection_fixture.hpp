#pragma once

#include <string>

#include "http/client_connection.hpp"
#include "io/testing.hpp"

// For the tests of ClientConnection only.

namespace http {

class ClientConnectionFixture : public io::testing::LoopTest {
 protected:
  /// A connection, and the backend at its other end.
  struct Exchange {
    explicit Exchange(ClientConnectionFixture& test)
        : loop(test.loop), connection(std::make_unique<io::Stream>(loop, pair.ours), test.pool) {}

    [[nodiscard]] io::Descriptor& descriptor() { return connection.stream().descriptor(); }

    io::Task<base::Result<bool>> send(std::string_view request, io::Guard guard = {}) {
      iovec slice{const_cast<char*>(request.data()), request.size()};
      co_return co_await connection.send(std::span(&slice, 1), guard);
    }

    io::Task<void> answer_in_pieces(std::string answer, std::size_t size) {
      for (std::size_t at = 0; at < answer.size(); at += size) {
        backend.send(answer.substr(at, size));
        co_await io::sleep_until(loop, loop.now() + std::chrono::milliseconds(1));
      }
    }

    /// Head and body are read to the end; "error: CODE" if they can't be.
    io::Task<std::string> body_of_answer() {
      const auto head = co_await connection.read_head({});
      if (!head) co_return "error: " + head.error().message;
      for (;;) {
        const auto more = co_await connection.read_body({});
        if (!more) co_return "error: " + more.error().message;
        if (!*more) co_return std::string(connection.body());
      }
    }

    io::Loop& loop;
    io::testing::TcpPair pair;
    io::testing::Peer& backend = pair.peer;
    ClientConnection connection;
  };

  template <class T>
  static base::ErrorCode code_of(const base::Result<T>& result) {
    return result ? base::ErrorCode::internal_error : result.error().code;
  }

  io::Budget budget{std::size_t{64} << 20U};
  io::BufferPool pool{budget};
};

}  // namespace http
