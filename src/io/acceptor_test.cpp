#include "io/acceptor.hpp"

#include <filesystem>

#include "base/scratch_directory.hpp"
#include "io/stream.hpp"
#include "io/testing.hpp"

namespace io {
namespace {

class AcceptorTest : public testing::LoopTest {
 protected:
  template <class Name>
  Task<void> scenario();

  static Address loopback(std::uint16_t port) { return *Address::parse("127.0.0.1", port); }
  static testing::Peer connect_to(const Acceptor& acceptor) {
    const Address address = acceptor.local();
    const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(fd, address.data(), address.size()), 0);
    return testing::Peer(fd);
  }

  std::unique_ptr<Acceptor> acceptor = Acceptor::listen(loop, loopback(0), 16).value();
};

TEST_F(AcceptorTest, SaysWhichPortItHas) {
  EXPECT_EQ(acceptor->local().ip(), "127.0.0.1");
  EXPECT_NE(acceptor->local().port(), 0);
}

TEST_F(AcceptorTest, AnAddressInUseIsAnErrorThatNamesIt) {
  const auto second = Acceptor::listen(loop, acceptor->local(), 16);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(),
            "cannot listen on " + acceptor->local().to_string() + ": Address already in use");
}

CO_TEST_F(AcceptorTest, HandsOutWhoConnects) {
  EXPECT_EQ(acceptor->try_accept().error, EAGAIN);
  const auto client = connect_to(*acceptor);
  EXPECT_EQ(co_await acceptor->acceptable({}), Wake::ready);
  const auto accepted = acceptor->try_accept();
  CO_ASSERT(accepted.fd >= 0);
  EXPECT_EQ(accepted.peer->ip(), "127.0.0.1");
  EXPECT_NE(::fcntl(accepted.fd, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(accepted.fd, F_GETFD) & FD_CLOEXEC, 0);
  Stream stream(loop, accepted.fd);
  co_await stream.write(std::string_view("hello"), {});
  EXPECT_EQ(client.receive(5), "hello");
  EXPECT_EQ(acceptor->try_accept().error, EAGAIN);
}

CO_TEST_F(AcceptorTest, WaitsAgainAfterTheBacklogIsEmpty) {
  for (int i = 0; i < 3; ++i) {
    const auto first = connect_to(*acceptor);
    const auto second = connect_to(*acceptor);
    EXPECT_EQ(co_await acceptor->acceptable({}), Wake::ready);
    for (int k = 0; k < 2; ++k)
      testing::Peer(acceptor->try_accept().fd).close();
    EXPECT_EQ(acceptor->try_accept().error, EAGAIN);
  }
}

TEST(Accepted, AConnectionThatEndedBeforeItWasTakenIsNoReasonToPause) {
  for (const int error : {ECONNABORTED, EINTR, EPROTO, ENETDOWN, EHOSTUNREACH})
    EXPECT_TRUE((Acceptor::Accepted{-1, error, {}}.was_lost())) << error;
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM, EAGAIN, EINVAL, EBADF, EPERM})
    EXPECT_FALSE((Acceptor::Accepted{-1, error, {}}.was_lost())) << error;
}

TEST_F(AcceptorTest, TurningAwayLeavesTheWords) {
  testing::TcpPair pair;
  pair.peer.send("GET / HTTP/1.1\r\n\r\n");
  turn_away(pair.ours, "full");
  EXPECT_EQ(pair.peer.receive(100), "full");
  EXPECT_EQ(pair.peer.state(), 0);
}

TEST_F(AcceptorTest, AUnixSocketIsRemovedWithItsAcceptor) {
  const base::ScratchDirectory directory;
  const Address address = *Address::unix_socket(directory.file("a.sock"));
  {
    const auto unix_acceptor = Acceptor::listen(loop, address, 16, {.mode = 0600}).value();
    EXPECT_EQ(unix_acceptor->local().to_string(), address.to_string());
    EXPECT_EQ(std::filesystem::status(address.path()).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    EXPECT_FALSE(Acceptor::listen(loop, address, 16)) << "taken from who listens";
    const testing::Peer client = connect_to(*unix_acceptor);
    EXPECT_EQ(unix_acceptor->try_accept().error, 0);
  }
  EXPECT_FALSE(std::filesystem::exists(address.path()));
}

TEST_F(AcceptorTest, OnlyAListeningSocketIsInherited) {
  const int fresh = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_FALSE(Acceptor::inherit(loop, fresh)) << "it doesn't listen";
  const int packets = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  EXPECT_FALSE(Acceptor::inherit(loop, packets));
  EXPECT_FALSE(Acceptor::inherit(loop, 999));
}

}  // namespace
}  // namespace io
