#include "doctor/local_backends.hpp"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/acceptor.hpp"

namespace doctor {
namespace {

using Use = LocalBackend::Use;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

LocalBackend backend(Use use, std::string name, std::string url) {
  LocalBackend found;
  found.use = use;
  found.name = std::move(name);
  found.url = std::move(url);
  return found;
}

TEST(LocalBackends, BecomeAConfigurationWithoutRoutersAndWithoutWhatGivesNoList) {
  const std::array found = {backend(Use::yes, "ollama", "http://127.0.0.1:11434"),
                            backend(Use::another_router, "llm-router", "http://127.0.0.1:8080"),
                            backend(Use::no_list, "local", "http://127.0.0.1:3000")};
  EXPECT_TRUE(can_serve(found));
  EXPECT_FALSE(can_serve(std::span(found).subspan(1)));
  EXPECT_EQ(configuration_of(found, 8081),
            "listen: 127.0.0.1:8081\nbackends:\n"
            "  - name: ollama\n    url: http://127.0.0.1:11434\n");
  const std::string said = describe(found);
  EXPECT_THAT(said, HasSubstr("not used: another llm-router at http://127.0.0.1:8080\n"));
  EXPECT_THAT(said, HasSubstr("not used: http://127.0.0.1:3000 gives no list of models"));
}

TEST(LocalBackends, OfWhichThereAreNoneAreSaidToBeMissing) {
  EXPECT_THAT(nothing_found({}), HasSubstr("11434, 8000, 8080, 8081, 1234, 30000, 3000"));
  EXPECT_THAT(nothing_found({}), HasSubstr("config.yaml, for example:\nbackends:\n"));
}

TEST(LocalBackends, AreNotFoundWhereNobodyListens) {
  std::uint16_t port = 0;
  {
    io::Loop loop;
    port = (*io::Acceptor::listen(loop, *io::Address::parse("127.0.0.1", 0), 1))->local().port();
  }
  const std::array places = {Place{"127.0.0.1", port}};
  EXPECT_THAT(find_local_backends(places), IsEmpty());
  EXPECT_THAT(find_local_backends({}), IsEmpty());
}

TEST(FreePort, IsTheNextOneThatIsFree) {
  io::Loop loop;
  const auto taken = *io::Acceptor::listen(loop, *io::Address::parse("127.0.0.1", 0), 1);
  const std::uint16_t port = free_port(taken->local().port());
  EXPECT_NE(port, taken->local().port());
}

}  // namespace
}  // namespace doctor
