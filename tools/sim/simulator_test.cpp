// The simulator over real sockets: one loop in a thread, blocking clients in the test.
#include "simulator.hpp"

#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sim {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Client {
 public:
  explicit Client(const io::Address& address, milliseconds patience = milliseconds(10000))
      : fd_(::socket(address.family(), SOCK_STREAM, 0)) {
    const timeval limit{.tv_sec = patience.count() / 1000,
                        .tv_usec = patience.count() % 1000 * 1000};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    EXPECT_EQ(::connect(fd_, address.data(), address.size()), 0);
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void ask(const std::string& fields, const std::string& body) const {
    const std::string request = "POST /v1/chat/completions HTTP/1.1\r\nHost: sim\r\n" + fields +
                                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                                body;
    ASSERT_EQ(::send(fd_, request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
  }

  /// Reads until `mark` or the end; `error` is errno of a connection that broke, or 0.
  std::string read_until(const std::string& mark) {
    std::string bytes;
    char buffer[4096];
    while (mark.empty() || bytes.find(mark) == std::string::npos) {
      const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n <= 0) {
        error = n < 0 ? errno : 0;
        break;
      }
      bytes.append(buffer, static_cast<std::size_t>(n));
    }
    return bytes;
  }
  std::string read_to_end() { return read_until(""); }

  int error = 0;

 private:
  int fd_;
};

class SimulatorTest : public testing::Test {
 protected:
  void start(Options options) {
    options_ = std::move(options);
    acceptor_ = *io::Acceptor::listen(loop_, *io::Address::parse("127.0.0.1", 0), 64);
    simulator_ = std::make_unique<Simulator>(loop_, options_);
    loop_.spawn(simulator_->serve(*acceptor_));
    thread_ = std::thread([this] { loop_.run(); });
  }

  void TearDown() override {
    if (thread_.joinable()) stop_now();
  }

  /// Ends all connections and the loop.
  void stop_now() {
    loop_.post([this] { loop_.spawn(stop()); });
    thread_.join();
  }

  [[nodiscard]] io::Address address() const { return acceptor_->local(); }

  const std::string kStream = R"({"model":"sim-model","stream":true})";
  const std::string kPlain = R"({"model":"sim-model"})";

 private:
  io::Task<void> stop() {
    co_await simulator_->shut_down();
    loop_.stop();
  }

  Options options_;
  io::Loop loop_;
  std::unique_ptr<io::Acceptor> acceptor_;
  std::unique_ptr<Simulator> simulator_;
  std::thread thread_;
};

constexpr const char* kStreamEnd = "data: [DONE]\n\n\r\n0\r\n\r\n";
const Options kFast{.ttft = milliseconds(0), .tokens_per_second = 0, .tokens = 3};

TEST_F(SimulatorTest, StreamsAndAnswersOnOneConnection) {
  start(kFast);
  Client client(address());
  for (int i = 0; i < 3; ++i) {
    client.ask("", kStream);
    const std::string stream = client.read_until(kStreamEnd);
    EXPECT_THAT(stream, HasSubstr(R"({"content":"The"})"));
    EXPECT_THAT(stream, EndsWith(kStreamEnd));
    client.ask("", kPlain);
    EXPECT_THAT(client.read_until("}}"), HasSubstr(R"("content":"The router says")"));
  }
}

TEST_F(SimulatorTest, CutsAndResetsAtAByteOfTheBody) {
  start(kFast);
  Client cut(address());
  cut.ask("x-sim-fault: cut=9\r\n", kStream);
  EXPECT_THAT(cut.read_to_end(), EndsWith("\r\n\r\n9\r\ndata: {\"i\r\n"));
  EXPECT_EQ(cut.error, 0);

  Client plain(address());
  plain.ask("x-sim-fault: cut=4\r\n", kPlain);
  EXPECT_THAT(plain.read_to_end(), EndsWith("\r\n\r\n{\"id"));

  Client reset(address());
  reset.ask("x-sim-fault: rst=300\r\n", kStream);
  reset.read_to_end();
  EXPECT_EQ(reset.error, ECONNRESET);
}

TEST_F(SimulatorTest, BreaksOffBeforeTheHead) {
  start(kFast);
  Client drop(address());
  drop.ask("x-sim-fault: drop\r\n", kPlain);
  EXPECT_EQ(drop.read_to_end(), "");
  EXPECT_EQ(drop.error, 0);

  Client reset(address());
  reset.ask("x-sim-fault: reset\r\n", kPlain);
  EXPECT_EQ(reset.read_to_end(), "");
  EXPECT_EQ(reset.error, ECONNRESET);
}

TEST_F(SimulatorTest, FaultsStrikeAtTheirEvent) {
  start(kFast);
  Client client(address());
  client.ask("x-sim-fault: truncate=2\r\n", kStream);
  const std::string truncated = client.read_until("0\r\n\r\n");
  EXPECT_THAT(truncated, HasSubstr(R"("content":"The")"));
  EXPECT_THAT(truncated, Not(HasSubstr("router")));
  EXPECT_THAT(truncated, Not(HasSubstr("[DONE]")));

  client.ask("x-sim-fault: in-band-error=1\r\n", kStream);
  EXPECT_THAT(client.read_until("0\r\n\r\n"), HasSubstr(R"(data: {"error":{)"));

  client.ask("x-sim-fault: malformed\r\n", kStream);
  EXPECT_THAT(client.read_until(kStreamEnd), HasSubstr("null}]\n\n"));

  client.ask("x-sim-fault: wrong-type\r\n", kPlain);
  EXPECT_THAT(client.read_until(kStreamEnd), HasSubstr("text/event-stream"));

  client.ask("x-sim-fault: status=503\r\n", kPlain);
  const std::string error = client.read_until("}}");
  EXPECT_THAT(error, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(error, HasSubstr("Retry-After: 1\r\n"));
}

TEST_F(SimulatorTest, PlacesAreTakenAndGivenBack) {
  Options options = kFast;
  options.concurrency = 1;
  options.queue = 1;
  options.full_status = 429;
  start(options);

  auto running = std::make_unique<Client>(address());
  running->ask("x-sim-fault: stall=1\r\n", kStream);
  running->read_until("assistant");
  Client waiting(address());
  waiting.ask("", kPlain);
  // Until the waiting one stands in line this one gets that place; from then on it is refused.
  std::string refused;
  for (int i = 0; i < 100 && !refused.starts_with("HTTP/1.1 429 "); ++i) {
    Client third(address());
    third.ask("x-sim-fault: delay=10\r\n", kPlain);
    refused = third.read_until("}}");
  }
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 429 "));

  running.reset();  // the stalled stream's client leaves: its place passes on
  EXPECT_THAT(waiting.read_until("}}"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(SimulatorTest, AWaitingClientThatLeavesFreesItsPlaceInLine) {
  Options options = kFast;
  options.concurrency = 1;
  options.queue = 1;
  start(options);
  Client running(address());
  running.ask("x-sim-fault: stall=1\r\n", kStream);
  running.read_until("assistant");
  {
    Client leaves(address(), milliseconds(50));
    leaves.ask("", kPlain);
    EXPECT_EQ(leaves.read_until("}}"), "");  // it stands in line
  }
  // Whoever comes is refused at once while the line is full, and hears nothing once it isn't.
  std::string refused = "at first";
  for (int i = 0; i < 200 && !refused.empty(); ++i) {
    Client next(address(), milliseconds(50));
    next.ask("", kPlain);
    refused = next.read_until("}}");
  }
  EXPECT_EQ(refused, "");
}

TEST_F(SimulatorTest, AStreamWithoutEndLeavesRoomForOthers) {
  start(kFast);
  Client greedy(address());
  greedy.ask("x-sim-tokens: 1000000000\r\n", kStream);
  std::thread reader([&] { greedy.read_until("never comes"); });
  Client other(address());
  other.ask("", kPlain);
  EXPECT_THAT(other.read_until("}}"), StartsWith("HTTP/1.1 200 "));
  stop_now();
  reader.join();
}

}  // namespace
}  // namespace sim
