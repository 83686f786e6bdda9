// bench_backend: the cheapest backend that still behaves like one, so that a benchmark measures
// the proxy before it. One thread, level-triggered epoll, keep-alive.
//
//   POST anything                       a chat completion of about 500 bytes
//   ... with "stream":true among the    server-sent events at --rate per second, each of about
//       first 256 bytes of the body     250 bytes and carrying the moment it was sent (sent_ns)
//   GET /v1/models                      the list of --model
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "socket.hpp"

namespace bench {
namespace {

struct Options {
  std::string listen = "127.0.0.1:9000";
  std::string model = "bench-model";
  double rate = 50;
  int tokens = 250;
};

struct Connection {
  Fd fd;
  std::uint64_t id = 0;
  std::string head;        // bytes of a request whose head is incomplete
  std::string body_start;  // as much of the body as tells whether to stream
  std::size_t body_left = 0;
  bool get = false;
  int tokens_left = 0;
  std::int64_t due_ns = 0;  // of the next token
};

struct Due {
  std::int64_t at_ns;
  std::uint64_t connection;
  bool operator>(const Due& other) const { return at_ns > other.at_ns; }
};

std::string with_length(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string completion(const std::string& model) {
  const std::string text =
      "The quick brown fox jumps over the lazy dog while the router looks on, and every word of "
      "this answer has travelled through it unchanged, byte for byte, on its way to whoever asked.";
  return with_length(
      R"({"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":")" +
      model + R"(","choices":[{"index":0,"message":{"role":"assistant","content":")" + text +
      R"(","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":64,)"
      R"("completion_tokens":37,"total_tokens":101},"service_tier":"default"})");
}

std::string chunk(const std::string& payload) {
  char size[16];
  std::snprintf(size, sizeof size, "%zx\r\n", payload.size());
  return size + payload + "\r\n";
}

constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    "Transfer-Encoding: chunked\r\n\r\n";

class Backend {
 public:
  explicit Backend(const Options& options)
      : options_(options),
        listener_(listen_on(options.listen)),
        completion_(completion(options.model)),
        models_(with_length(R"({"object":"list","data":[{"id":")" + options.model +
                            R"(","object":"model","created":1700000000,"owned_by":"bench"}]})")),
        buffer_(256 * 1024) {
    epoll_.watch(listener_.get(), 0);
  }

  void run() {
    for (;;) {
      const std::int64_t next = due_.empty() ? now_ns() + 1'000'000'000 : due_.top().at_ns;
      for (const epoll_event& event : epoll_.wait(next)) {
        if (event.data.u64 == 0)
          accept_all();
        else
          read_from(event.data.u64);
      }
      send_due();
    }
  }

 private:
  void accept_all() {
    for (;;) {
      Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (fd.get() < 0) return;
      const int on = 1;
      setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const std::uint64_t id = ++last_id_;
      epoll_.watch(fd.get(), id);
      Connection& connection = connections_[id];
      connection.fd = std::move(fd);
      connection.id = id;
    }
  }

  void read_from(std::uint64_t id) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    const ssize_t n = ::recv(found->second.fd.get(), buffer_.data(), buffer_.size(), 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0 || !feed(found->second, {buffer_.data(), static_cast<std::size_t>(n)}))
      connections_.erase(found);
  }

  /// False: the connection is to be closed.
  bool feed(Connection& c, std::string_view bytes) {
    while (!bytes.empty()) {
      if (c.body_left == 0) {
        const std::size_t had = c.head.size();
        c.head.append(bytes);
        const auto end = c.head.find("\r\n\r\n");
        if (end == std::string::npos) return c.head.size() < 64 * 1024;
        bytes.remove_prefix(end + 4 - had);
        c.head.resize(end + 2);
        if (!begin_request(c)) return false;
      } else {
        const std::size_t n = std::min(bytes.size(), c.body_left);
        c.body_start.append(bytes.substr(0, std::min<std::size_t>(n, 256 - c.body_start.size())));
        c.body_left -= n;
        bytes.remove_prefix(n);
      }
      if (c.body_left == 0 && !answer(c)) return false;
    }
    return true;
  }

  static bool begin_request(Connection& c) {
    c.get = c.head.starts_with("GET ");
    c.body_start.clear();
    std::ranges::transform(c.head, c.head.begin(), [](char x) {
      return x >= 'A' && x <= 'Z' ? static_cast<char>(x + 32) : x;
    });
    constexpr std::string_view kLength = "\r\ncontent-length:";
    const auto at = c.head.find(kLength);
    if (at != std::string::npos) {
      const char* first = c.head.data() + at + kLength.size();
      while (*first == ' ')
        ++first;
      std::from_chars(first, c.head.data() + c.head.size(), c.body_left);
    }
    c.head.clear();
    return at != std::string::npos || c.get;  // a chunked request is refused
  }

  bool answer(Connection& c) {
    if (c.get) return send_all(c.fd.get(), models_);
    if (c.body_start.find("\"stream\":true") == std::string::npos)
      return send_all(c.fd.get(), completion_);
    c.tokens_left = options_.tokens;
    c.due_ns = now_ns();
    return send_token(c, std::string(kStreamHead));
  }

  /// One event after `out`; the last one brings the end signal and the last chunk with it.
  bool send_token(Connection& c, std::string out) {
    const bool last = --c.tokens_left == 0;
    const std::string delta =
        last ? R"({},"finish_reason":"stop")" : R"({"content":" token"},"finish_reason":null)";
    out += chunk(
        R"(data: {"id":"chatcmpl-bench-0123456789","object":"chat.completion.chunk","created":)"
        R"(1700000000,"model":")" +
        options_.model + R"(","sent_ns":)" + std::to_string(now_ns()) +
        R"(,"choices":[{"index":0,"delta":)" + delta + "}]}\n\n");
    if (last) {
      out += chunk("data: [DONE]\n\n") + "0\r\n\r\n";
    } else {
      c.due_ns += static_cast<std::int64_t>(1e9 / options_.rate);
      due_.push({c.due_ns, c.id});
    }
    return send_all(c.fd.get(), out);
  }

  void send_due() {
    const std::int64_t now = now_ns();
    while (!due_.empty() && due_.top().at_ns <= now) {
      const Due due = due_.top();
      due_.pop();
      const auto found = connections_.find(due.connection);
      if (found != connections_.end() && !send_token(found->second, {})) connections_.erase(found);
    }
  }

  const Options options_;
  Fd listener_;
  Epoll epoll_;
  const std::string completion_;
  const std::string models_;
  std::vector<char> buffer_;
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, Connection> connections_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--listen")
      options.listen = argv[i + 1];
    else if (name == "--model")
      options.model = argv[i + 1];
    else if (name == "--rate")
      options.rate = std::stod(argv[i + 1]);
    else if (name == "--tokens")
      options.tokens = std::stoi(argv[i + 1]);
    else
      throw std::runtime_error("unknown option " + std::string(name));
  }
  return options;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  try {
    bench::Backend(bench::parse(argc, argv)).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_backend: %s\n", error.what());
    return 1;
  }
}
