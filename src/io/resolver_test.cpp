#include "io/resolver.hpp"

#include "io/testing.hpp"

namespace io {
namespace {

using namespace std::chrono_literals;

class ResolverTest : public testing::LoopTest {
 protected:
  template <class Name>
  Task<void> scenario();

  /// No name server is asked for a name longer than 255 bytes (RFC 1035, 2.3.4).
  const std::string impossible = std::string(300, 'a');
};

CO_TEST_F(ResolverTest, LiteralsNeedNoLookUp) {
  const auto v4 = co_await resolve(loop, "192.0.2.7", 80, {.deadline = loop.now()});
  CO_ASSERT(v4 && v4->size() == 1);
  EXPECT_EQ(v4->front().to_string(), "192.0.2.7:80");
  const auto v6 = co_await resolve(loop, "2001:db8::1", 443, {.deadline = loop.now()});
  CO_ASSERT(v6 && v6->size() == 1);
  EXPECT_EQ(v6->front().to_string(), "[2001:db8::1]:443");
}

CO_TEST_F(ResolverTest, FindsLocalhost) {
  const auto found = co_await resolve(loop, "localhost", 8080, {});
  CO_ASSERT(found.has_value() && !found->empty());
  for (const Address& address : *found) {
    EXPECT_TRUE(address.is_loopback()) << address.to_string();
    EXPECT_EQ(address.port(), 8080);
  }
}

CO_TEST_F(ResolverTest, AFailureIsTheResolversText) {
  const auto found = co_await resolve(loop, impossible, 80, {});
  CO_ASSERT(!found);
  EXPECT_FALSE(found.error().empty());
}

CO_TEST_F(ResolverTest, IsLeftBehindAtTheDeadline) {
  // Whichever is first, the answer or the deadline: neither may touch what is gone.
  for (int i = 0; i < 20; ++i) {
    const auto found = co_await resolve(loop, "localhost", 80, {.deadline = loop.now()});
    EXPECT_TRUE(found || found.error() == "no answer from the resolver in time");
  }
}

TEST_F(ResolverTest, MayOutliveTheLoop) {
  loop.spawn([](Loop& where) -> Task<void> { co_await resolve(where, "localhost", 80, {}); }(loop));
  loop.stop();
  loop.run();
}

TEST_F(ResolverTest, BlockingForStartUp) {
  EXPECT_EQ(resolve_now("127.0.0.1", 1)->front().to_string(), "127.0.0.1:1");
  EXPECT_TRUE(resolve_now("localhost", 1));
  EXPECT_FALSE(resolve_now(impossible, 1));
}

}  // namespace
}  // namespace io
