// bench_stream_load: keeps N streamed chat completions open through a proxy and says, as one JSON
// line, how many events came and how late.
//
//   bench_stream_load --target 127.0.0.1:8080 --streams 128 --warmup 1 --seconds 5
//
// "window" goes to standard output when the warm-up is over and "end" when the measured time is, so
// that the caller can read the proxy's CPU time at the same two moments. Events count only between
// them. An event's delay is the time since the backend sent it (sent_ns, same machine, same clock).
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "socket.hpp"

namespace bench {
namespace {

struct Options {
  std::string target = "127.0.0.1:8080";
  std::string model = "bench-model";
  std::string key = "bench-key";
  int streams = 128;
  double rate = 50;
  double warmup = 1;
  double seconds = 5;
};

/// Reads a chunked body as far as the benchmark needs it: where it ends, and its payload.
class Chunks {
 public:
  /// Appends payload to `out`; true once the body is over, false if more is to come.
  bool feed(std::string_view bytes, std::string& out) {
    for (std::size_t i = 0; i < bytes.size();) {
      if (left_ > 0) {
        const std::size_t n = std::min(left_, bytes.size() - i);
        out.append(bytes.substr(i, n));
        i += n;
        left_ -= n;
        continue;
      }
      line_ += bytes[i++];
      if (!line_.ends_with("\r\n")) continue;
      if (last_) return true;  // the empty line behind the last chunk; nobody here sends trailers
      if (line_.size() > 2) begin_chunk();  // else it is the one that ends a chunk's data
      line_.clear();
    }
    return false;
  }

 private:
  void begin_chunk() {
    std::from_chars(line_.data(), line_.data() + line_.size(), left_, 16);
    last_ = left_ == 0;
  }

  std::string line_;
  std::size_t left_ = 0;
  bool last_ = false;
};

struct Stream {
  Fd fd;
  bool in_body = false;
  std::string pending;  // head, or payload that is not yet a whole event
  Chunks chunks;
  std::int64_t asked_ns = 0;
  std::int64_t last_event_ns = 0;
};

struct Samples {
  std::vector<std::int64_t> values;

  void print(const char* name) {
    std::ranges::sort(values);
    const auto at = [&](double p) {
      if (values.empty()) return 0.0;
      return static_cast<double>(
                 values[static_cast<std::size_t>(p * static_cast<double>(values.size() - 1))]) /
             1e3;
    };
    std::printf(",\"%s_us\":{\"p50\":%.1f,\"p99\":%.1f,\"max\":%.1f}", name, at(0.5), at(0.99),
                at(1));
  }
};

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options), address_(parse_address(options.target)), streams_(options.streams) {
    const std::string body = R"({"stream":true,"messages":[{"role":"user","content":"hello"}],)"
                             R"("model":")" +
                             options.model + "\"}";
    request_ = "POST /v1/chat/completions HTTP/1.1\r\nHost: " + options.target +
               "\r\nContent-Type: application/json\r\nAuthorization: Bearer " + options.key +
               "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  void run() {
    const std::int64_t start = now_ns();
    const auto warm = start + static_cast<std::int64_t>(options_.warmup * 1e9);
    const auto end = warm + static_cast<std::int64_t>(options_.seconds * 1e9);
    // Starts are spread over one token's interval, or all streams would beat together.
    const auto stagger = static_cast<std::int64_t>(1e9 / options_.rate / options_.streams);
    std::size_t opened = 0;
    while (now_ns() < end) {
      while (opened < streams_.size() &&
             now_ns() >= start + stagger * static_cast<std::int64_t>(opened))
        open(opened++);
      if (!measuring_ && now_ns() >= warm) mark("window");
      const bool opening = opened < streams_.size();
      const auto events = epoll_.wait(opening ? now_ns() + stagger : measuring_ ? end : warm);
      for (const epoll_event& event : events)
        read_from(event.data.u64);
    }
    mark("end");
    report();
  }

 private:
  void mark(const char* name) {
    measuring_ = !measuring_;
    std::puts(name);
    std::fflush(stdout);
  }

  void open(std::size_t index) {
    streams_[index] = Stream{};
    streams_[index].fd = connect_to(address_);
    epoll_.watch(streams_[index].fd.get(), index);
    ask(streams_[index]);
  }

  void ask(Stream& s) {
    s.in_body = false;
    s.pending.clear();
    s.chunks = {};
    s.last_event_ns = 0;
    s.asked_ns = now_ns();
    if (!send_all(s.fd.get(), request_)) ++errors_;
  }

  void read_from(std::size_t index) {
    Stream& s = streams_[index];
    const ssize_t n = ::recv(s.fd.get(), buffer_, sizeof buffer_, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      ++errors_;
      open(index);
      return;
    }
    std::string_view bytes(buffer_, static_cast<std::size_t>(n));
    std::string rest;
    if (!s.in_body) {
      s.pending.append(bytes);
      const auto end = s.pending.find("\r\n\r\n");
      if (end == std::string::npos) return;
      if (!s.pending.starts_with("HTTP/1.1 200")) throw std::runtime_error("answer: " + s.pending);
      rest = s.pending.substr(end + 4);
      s.pending.clear();
      bytes = rest;
      s.in_body = true;
    }
    const bool ended = s.chunks.feed(bytes, s.pending);
    take_events(s);
    if (!ended) return;
    ++completed_;
    ask(s);
  }

  void take_events(Stream& s) {
    for (;;) {
      const auto end = s.pending.find("\n\n");
      if (end == std::string::npos) return;
      count_event(s, std::string_view(s.pending).substr(0, end));
      s.pending.erase(0, end + 2);
    }
  }

  void count_event(Stream& s, std::string_view event) {
    if (event == "data: [DONE]") return;
    const std::int64_t now = now_ns();
    const std::int64_t before = std::exchange(s.last_event_ns, now);
    if (!measuring_) return;
    ++events_;
    if (before == 0)
      first_.values.push_back(now - s.asked_ns);
    else
      gap_.values.push_back(now - before);
    constexpr std::string_view kSent = "\"sent_ns\":";
    const auto at = event.find(kSent);
    if (at == std::string_view::npos) throw std::runtime_error("odd event: " + std::string(event));
    std::int64_t sent = 0;
    std::from_chars(event.data() + at + kSent.size(), event.data() + event.size(), sent);
    delay_.values.push_back(now - sent);
  }

  void report() {
    std::printf("{\"events\":%ld,\"streams_completed\":%ld,\"errors\":%ld", events_, completed_,
                errors_);
    first_.print("first_event");
    gap_.print("gap");
    delay_.print("delay");
    std::puts("}");
  }

  const Options options_;
  const sockaddr_in address_;
  std::vector<Stream> streams_;
  std::string request_;
  Epoll epoll_;
  char buffer_[64 * 1024];
  bool measuring_ = false;
  long events_ = 0;
  long completed_ = 0;
  long errors_ = 0;
  Samples first_;
  Samples gap_;
  Samples delay_;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--target")
      options.target = argv[i + 1];
    else if (name == "--model")
      options.model = argv[i + 1];
    else if (name == "--key")
      options.key = argv[i + 1];
    else if (name == "--streams")
      options.streams = std::stoi(argv[i + 1]);
    else if (name == "--rate")
      options.rate = std::stod(argv[i + 1]);
    else if (name == "--warmup")
      options.warmup = std::stod(argv[i + 1]);
    else if (name == "--seconds")
      options.seconds = std::stod(argv[i + 1]);
    else
      throw std::runtime_error("unknown option " + std::string(name));
  }
  return options;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  try {
    bench::Load(bench::parse(argc, argv)).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_stream_load: %s\n", error.what());
    return 1;
  }
}
