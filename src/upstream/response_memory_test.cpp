#include "upstream/response_memory.hpp"

#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "upstream/testing.hpp"

namespace upstream {
namespace {

EndpointPtr endpoint(std::string name) {
  return testing::endpoint(std::move(name), "http://127.0.0.1:1", 0);
}

const ResponseMemory::Client kNobody = ResponseMemory::client("");

TEST(ResponseMemory, FindsWhatWasRemembered) {
  ResponseMemory memory;
  const EndpointPtr a = endpoint("a");
  const EndpointPtr b = endpoint("b");
  memory.remember(kNobody, "resp_1", *a);
  memory.remember(kNobody, "resp_2", *b);
  EXPECT_EQ(memory.find(kNobody, "resp_1"), a);
  EXPECT_EQ(memory.find(kNobody, "resp_2"), b);
  EXPECT_EQ(memory.find(kNobody, "resp_3"), nullptr);
  EXPECT_EQ(memory.find(kNobody, ""), nullptr);
  memory.remember(kNobody, "resp_1", *b);  // the last word counts
  EXPECT_EQ(memory.find(kNobody, "resp_1"), b);
}

TEST(ResponseMemory, IsOfOneClient) {
  ResponseMemory memory;
  const EndpointPtr a = endpoint("a");
  const auto mine = ResponseMemory::client("mine");
  memory.remember(mine, "resp_1", *a);
  EXPECT_EQ(memory.find(mine, "resp_1"), a);
  EXPECT_EQ(memory.find(ResponseMemory::client("mine"), "resp_1"), a);
  EXPECT_EQ(memory.find(ResponseMemory::client("yours"), "resp_1"), nullptr);
  EXPECT_EQ(memory.find(kNobody, "resp_1"), nullptr);
}

TEST(ResponseMemory, ForgetsTheOldestFirst) {
  constexpr int kCapacity = 1600;
  ResponseMemory memory(kCapacity);
  const EndpointPtr a = endpoint("a");
  constexpr int kAll = 10 * kCapacity;
  for (int i = 0; i < kAll; ++i)
    memory.remember(kNobody, std::to_string(i), *a);
  int found = 0;
  for (int i = 0; i < kAll; ++i)
    found += memory.find(kNobody, std::to_string(i)) != nullptr ? 1 : 0;
  EXPECT_EQ(found, kCapacity);
  // Ids aren't spread evenly over the shards, so that only far from the edge it is certain.
  for (int i = kAll - kCapacity / 2; i < kAll; ++i)
    EXPECT_NE(memory.find(kNobody, std::to_string(i)), nullptr) << i;
  EXPECT_EQ(memory.find(kNobody, "0"), nullptr);
}

TEST(ResponseMemory, KeepsNoEndpointAlive) {
  ResponseMemory memory;
  EndpointPtr a = endpoint("a");
  memory.remember(kNobody, "resp_1", *a);
  a = nullptr;
  EXPECT_EQ(memory.find(kNobody, "resp_1"), nullptr);
}

TEST(ResponseMemory, IsSharedByThreads) {
  ResponseMemory memory(1600);
  const EndpointPtr a = endpoint("a");
  const auto work = [&](const char* name) {
    const auto me = ResponseMemory::client(name);
    for (int i = 0; i < 5000; ++i) {
      memory.remember(me, std::to_string(i), *a);
      EXPECT_TRUE(memory.find(me, std::to_string(i)) == a || i > 0);
    }
  };
  std::thread other(work, "other");
  work("this");
  other.join();
}

}  // namespace
}  // namespace upstream
