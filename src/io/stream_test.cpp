#include "io/stream.hpp"

#include <array>
#include <string>
#include <vector>

#include <netinet/tcp.h>

#include "io/address.hpp"
#include "io/testing.hpp"

namespace io {
namespace {

using namespace std::chrono_literals;

class StreamTest : public testing::LoopTest {
 protected:
  template <class Name>
  Task<void> scenario();

  StreamTest() {
    const int small = 4096;  // so that a peer that doesn't read is felt soon
    ::setsockopt(pair.ours, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  }

  Task<std::string> read_all() {
    std::string all;
    std::array<char, 1000> piece;
    for (;;) {
      last = co_await stream.read(piece, {});
      if (!last.ok()) co_return all;
      all.append(piece.data(), last.bytes);
    }
  }

  static std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
      text[i] = static_cast<char>('a' + i % 23);
    return text;
  }

  testing::TcpPair pair;
  testing::Peer& peer = pair.peer;
  Stream stream{loop, pair.ours};
  Transfer last;
};

CO_TEST_F(StreamTest, ReadsWhatComesThenTheEnd) {
  peer.send("hello ");
  peer.send("world");
  peer.close();
  EXPECT_EQ(co_await read_all(), "hello world");
  EXPECT_EQ(last.outcome, Outcome::end);
  EXPECT_EQ(co_await read_all(), "");
  EXPECT_EQ(last.outcome, Outcome::end);
}

CO_TEST_F(StreamTest, AResetIsAReset) {
  peer.reset();
  EXPECT_EQ(co_await read_all(), "");
  EXPECT_EQ(last.outcome, Outcome::reset);
}

// UDP reports an error that is over once it is read; what was reported must not be believed for
// ever.
CO_TEST_F(StreamTest, AHangUpBehindWhichIsNothingDoesNotSpin) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const Address nobody = *Address::parse("127.0.0.1", testing::closed_port());
  CO_ASSERT(::connect(fd, nobody.data(), nobody.size()) == 0);
  Stream udp(loop, fd);
  CO_ASSERT(::send(fd, "x", 1, 0) == 1);
  CO_ASSERT(co_await eventually([&] { return udp.descriptor().hung_up(); }));
  int error = 0;
  socklen_t size = sizeof error;
  CO_ASSERT(::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0);
  EXPECT_EQ(error, ECONNREFUSED);
  std::array<char, 4> piece;
  const Transfer got = co_await udp.read(piece, {.deadline = loop.now() + 20ms});
  EXPECT_EQ(got.outcome, Outcome::deadline);
}

CO_TEST_F(StreamTest, TryReadNeverSuspends) {
  std::array<char, 4> piece;
  EXPECT_EQ(stream.try_read(piece).outcome, Outcome::again);
  peer.send("abcdef");
  EXPECT_EQ(co_await stream.readable({}), Wake::ready);
  EXPECT_EQ(stream.try_read(piece).bytes, 4U);
  EXPECT_EQ(stream.try_read(piece).bytes, 2U);
  EXPECT_EQ(stream.try_read(piece).outcome, Outcome::again);
}

CO_TEST_F(StreamTest, AReadThatEndsJustWhereTheBytesDoIsWhole) {
  std::array<char, 4> piece;
  peer.send("abcd");
  EXPECT_EQ((co_await stream.read(piece, {})).bytes, 4U);
  const Transfer none = co_await stream.read(piece, {.deadline = loop.now() + 20ms});
  EXPECT_EQ(none.outcome, Outcome::deadline);
  peer.send("e");
  EXPECT_EQ((co_await stream.read(piece, {})).bytes, 1U);
}

CO_TEST_F(StreamTest, ReadingEndsWhenTheWatchedPeerLeaves) {
  testing::TcpPair client;
  Descriptor watched(loop, client.ours);
  client.peer.close();
  std::array<char, 4> piece;
  const Transfer none = co_await stream.read(piece, {.watched = &watched});
  EXPECT_EQ(none.outcome, Outcome::departed);
}

CO_TEST_F(StreamTest, WritesEverythingHoweverSlowlyItIsRead) {
  const std::string front = pattern(300'000);
  const std::string back = pattern(700'000);
  std::string got;
  loop.spawn([](StreamTest& test, std::string& out) -> Task<void> {
    while (out.size() < 1'000'000) {
      co_await sleep_until(test.loop, test.loop.now() + 1ms);
      out += test.peer.received();
    }
  }(*this, got));
  std::array slices = {iovec{const_cast<char*>(front.data()), front.size()}, iovec{nullptr, 0},
                       iovec{const_cast<char*>(back.data()), back.size()}};
  const Transfer sent = co_await stream.write(slices, {});
  EXPECT_TRUE(sent.ok());
  EXPECT_EQ(sent.bytes, 1'000'000U);
  EXPECT_EQ(stream.written(), 1'000'000U);
  EXPECT_TRUE(co_await eventually([&] { return got.size() == 1'000'000; }));
  EXPECT_TRUE(got == front + back);
}

CO_TEST_F(StreamTest, WritingToWhoNeverReadsEndsAtTheDeadline) {
  const std::string much = pattern(64'000'000);
  const Transfer sent = co_await stream.write(much, {.deadline = loop.now() + 30ms});
  EXPECT_EQ(sent.outcome, Outcome::deadline);
  EXPECT_GT(sent.bytes, 0U);
  EXPECT_LT(sent.bytes, much.size());
}

CO_TEST_F(StreamTest, WritingToWhoHasGoneIsAReset) {
  peer.reset();
  EXPECT_TRUE(co_await eventually([&] { return stream.descriptor().hung_up(); }));
  EXPECT_EQ((co_await stream.write(std::string_view("x"), {})).outcome, Outcome::reset);
}

CO_TEST_F(StreamTest, AbortWakesWhoWaits) {
  bool over = false;
  loop.spawn([](StreamTest& test, bool& done) -> Task<void> {
    co_await test.read_all();
    done = true;
  }(*this, over));
  EXPECT_FALSE(over);
  stream.abort();
  EXPECT_TRUE(co_await eventually([&] { return over; }));
  EXPECT_TRUE(stream.descriptor().hung_up());
  EXPECT_EQ(peer.state(), 0);
}

CO_TEST_F(StreamTest, AfterItsFinItStillReads) {
  stream.shutdown_write();
  EXPECT_EQ(peer.state(), 0);
  peer.send("late");
  peer.close();
  EXPECT_EQ(co_await read_all(), "late");
}

TEST_F(StreamTest, ClosingCanReset) {
  testing::TcpPair other;
  {
    Stream short_lived(loop, other.ours);
    short_lived.reset();
  }
  EXPECT_EQ(other.peer.state(), ECONNRESET);
}

// ## What the peer can have seen of a request that got no answer

CO_TEST_F(StreamTest, UnseenIfThePeerHadClosedBefore) {
  peer.close();
  EXPECT_TRUE(stream.try_write(std::array{iovec{const_cast<char*>("x"), 1}}).ok());
  co_await read_all();
  EXPECT_TRUE(stream.unacknowledged_since(0));
}

CO_TEST_F(StreamTest, SeenIfThePeerReadItAndThenClosed) {
  EXPECT_TRUE(stream.try_write(std::array{iovec{const_cast<char*>("x"), 1}}).ok());
  EXPECT_EQ(peer.receive(1), "x");
  peer.close();
  co_await read_all();
  EXPECT_FALSE(stream.unacknowledged_since(0));
}

CO_TEST_F(StreamTest, SeenIfThePeerReadItAndThenReset) {
  // As in a connection that has served before: acknowledgements are delayed, to go with an answer.
  for (int i = 0; i < 4; ++i) {
    std::array<char, 8> answer;
    co_await stream.write(std::string_view("request"), {});
    EXPECT_EQ(peer.receive(7), "request");
    peer.send("answer");
    co_await stream.read(answer, {});
  }
  const auto before = stream.written();
  co_await stream.write(std::string_view("request"), {});
  EXPECT_EQ(peer.receive(7), "request");
  peer.reset();
  co_await read_all();
  EXPECT_EQ(last.outcome, Outcome::reset);
  EXPECT_FALSE(stream.unacknowledged_since(before));
}

CO_TEST_F(StreamTest, SeenIfThePeerHadReadSomeOfItAndClosed) {
  for (int i = 0; i < 4; ++i) {
    std::array<char, 8> answer;
    co_await stream.write(std::string_view("request"), {});
    EXPECT_EQ(peer.receive(7), "request");
    peer.send("answer");
    co_await stream.read(answer, {});
  }
  const auto before = stream.written();
  co_await stream.write(std::string_view("request"), {});
  EXPECT_EQ(peer.receive(3), "req");
  peer.close();  // with bytes unread: a reset
  co_await read_all();
  EXPECT_FALSE(stream.unacknowledged_since(before));
}

TEST(Advance, DropsWhatIsWritten) {
  std::string text = "abcdef";
  const auto rest_after = [&](std::size_t written) {
    std::array slices = {iovec{text.data(), 2}, iovec{text.data() + 2, 0},
                         iovec{text.data() + 2, 4}};
    std::span<iovec> left(slices);
    advance(left, written);
    std::string rest;
    for (const iovec& slice : left)
      rest.append(static_cast<const char*>(slice.iov_base), slice.iov_len);
    return std::pair(rest, left.size());
  };
  EXPECT_EQ(rest_after(0), std::pair(std::string("abcdef"), std::size_t{3}));
  EXPECT_EQ(rest_after(1), std::pair(std::string("bcdef"), std::size_t{3}));
  EXPECT_EQ(rest_after(2), std::pair(std::string("cdef"), std::size_t{1}));
  EXPECT_EQ(rest_after(5), std::pair(std::string("f"), std::size_t{1}));
  EXPECT_EQ(rest_after(6), std::pair(std::string(), std::size_t{0}));
}

}  // namespace
}  // namespace io
