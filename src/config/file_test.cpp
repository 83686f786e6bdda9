#include "config/file.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "config/testing.hpp"
#include "config/yaml_tree.hpp"

namespace config {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kGood = "backends: [{name: a, url: 'http://h'}]\n";
constexpr const char* kSecretive = "api_keys: [CANARY]\nbackends: [{name: a, url: 'http://h'}]\n";

/// A working directory of its own, so that the default names can be tried.
class ConfigFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "config_test_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(directory_);
  }

  void TearDown() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(directory_);
  }

  static void write(const std::string& name, const std::string& text, ::mode_t mode = 0600) {
    std::ofstream(name, std::ios::binary) << text;
    ASSERT_EQ(::chmod(name.c_str(), mode), 0);
  }

  static std::pair<int, std::string> checked(
      const std::optional<std::string>& path = std::nullopt) {
    std::ostringstream out;
    const int code = check(path, testing::source({}), out);
    return {code, out.str()};
  }

 private:
  std::filesystem::path directory_;
  std::filesystem::path before_;
};

TEST_F(ConfigFile, IsFoundByItsUsualNames) {
  write("config.yml", kGood);
  EXPECT_EQ(checked(), std::pair(0, std::string("config.yml: ok (1 backend)\n")));
  write("config.yaml", "backends: [{name: a, url: 'http://h'}, {name: b, url: 'http://h'}]\n");
  EXPECT_EQ(checked(), std::pair(0, std::string("config.yaml: ok (2 backends)\n")));
  write("other", kGood);
  EXPECT_EQ(checked("other"), std::pair(0, std::string("other: ok (1 backend)\n")));
}

TEST_F(ConfigFile, ThatIsMissingSaysWhatToWrite) {
  const auto [none_code, none] = checked();
  EXPECT_EQ(none_code, 1);
  EXPECT_THAT(none, StartsWith("config.yaml: error: neither it nor config.yml is in the working"));
  EXPECT_THAT(none, HasSubstr("\nbackends:\n  - name: local\n    url: http://127.0.0.1:8000\n"));

  write("config.yaml", kGood);
  const auto [code, text] = checked("gone.yaml");
  EXPECT_EQ(code, 1);
  EXPECT_THAT(text, StartsWith("gone.yaml: error: there is no such file; write for example:\n"));
}

TEST_F(ConfigFile, ThatCannotBeReadIsAnError) {
  std::filesystem::create_directory("config.yaml");
  EXPECT_EQ(checked().second, "config.yaml: error: cannot be read; expected a readable file\n");
  write("large", std::string(kMaxYamlBytes + 1, '#'));
  EXPECT_EQ(checked("large").second, "large: error: larger than 1 MiB\n");
}

TEST_F(ConfigFile, WithErrorsFailsTheCheck) {
  write("config.yaml", "backends: [{name: a}]\nworkers: x\n");
  const auto [code, text] = checked();
  EXPECT_EQ(code, 1);
  EXPECT_THAT(text, StartsWith("config.yaml:1:12: error: `backends[].url` is missing"));
  EXPECT_THAT(text, HasSubstr("\nconfig.yaml:2:10: error: `workers` is not a whole number"));
}

TEST_F(ConfigFile, WithSecretsThatOthersCanReadIsAWarning) {
  for (const ::mode_t mode : {0644U, 0640U, 0604U}) {
    write("config.yaml", kSecretive, mode);
    const auto [code, text] = checked();
    EXPECT_EQ(code, 0);
    EXPECT_THAT(text, StartsWith("config.yaml: warning: holds secrets and others can read it"));
    EXPECT_THAT(text, HasSubstr("config.yaml: ok (1 backend)\n"));
    EXPECT_THAT(text, ::testing::Not(HasSubstr("CANARY")));
  }
  write("config.yaml", kSecretive, 0600);
  EXPECT_EQ(checked().second, "config.yaml: ok (1 backend)\n");
  write("config.yaml", kGood, 0644);
  EXPECT_EQ(checked().second, "config.yaml: ok (1 backend)\n");
}

TEST_F(ConfigFile, SecretsComeFromEnvironmentAndFiles) {
  const SecretSource system = system_secrets();
  ASSERT_EQ(::setenv("LLM_ROUTER_CONFIG_TEST", "value", 1), 0);
  EXPECT_EQ(system.env("LLM_ROUTER_CONFIG_TEST"), "value");
  ::unsetenv("LLM_ROUTER_CONFIG_TEST");
  EXPECT_EQ(system.env("LLM_ROUTER_CONFIG_TEST"), std::nullopt);

  write("key", "sk-1\n");
  EXPECT_EQ(system.file("key"), "sk-1\n");
  EXPECT_EQ(system.file("gone"), std::nullopt);
  EXPECT_EQ(system.file("."), std::nullopt);
  write("large", std::string(64 * kKiB + 1, 'x'));
  EXPECT_EQ(system.file("large"), std::nullopt);
}

}  // namespace
}  // namespace config
