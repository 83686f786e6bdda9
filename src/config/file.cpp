#include "config/file.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <sys/stat.h>

#include "config/yaml_tree.hpp"

namespace config {
namespace {

constexpr std::size_t kMaxSecretBytes = 64 * kKiB;
constexpr std::string_view kExample =
    "write for example:\n"
    "backends:\n"
    "  - name: local\n"
    "    url: http://127.0.0.1:8000\n"
    "and see docs/configuration.md for all keys";

/// At most `limit` + 1 bytes, so that a caller can tell what is too long.
std::optional<std::string> read_file(const std::string& path, std::size_t limit) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::string content(limit + 1, '\0');
  in.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (in.bad()) return std::nullopt;
  content.resize(static_cast<std::size_t>(in.gcount()));
  return content;
}

LoadResult failure(std::string file, std::string message) {
  LoadResult result;
  result.file_name = file;
  result.diagnostics.push_back({std::move(file), 0, 0, std::move(message), false});
  return result;
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

/// Group or others: whoever may read it.
bool readable_by_others(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  return (info.st_mode & (S_IRGRP | S_IROTH)) != 0;
}

std::string count_of(std::size_t n, std::string_view noun) {
  return std::to_string(n).append(" ").append(noun).append(n == 1 ? "" : "s");
}

}  // namespace

SecretSource system_secrets() {
  return {
      .env = [](std::string_view name) -> std::optional<std::string> {
        const char* value = std::getenv(std::string(name).c_str());
        if (value == nullptr) return std::nullopt;
        return value;
      },
      .file = [](std::string_view path) -> std::optional<std::string> {
        auto content = read_file(std::string(path), kMaxSecretBytes);
        if (content && content->size() > kMaxSecretBytes) return std::nullopt;
        return content;
      },
  };
}

std::optional<std::string> usual_file() {
  for (const char* name : {"config.yaml", "config.yml"}) {
    if (exists(name)) return name;
  }
  return std::nullopt;
}

LoadResult load_file(const std::optional<std::string>& path, const SecretSource& secrets) {
  const std::string file = path ? *path : usual_file().value_or("config.yaml");
  if (!exists(file)) {
    if (path) return failure(file, "there is no such file; " + std::string(kExample));
    return failure("config.yaml", "neither it nor config.yml is in the working directory; " +
                                      std::string(kExample));
  }
  const auto content = read_file(file, kMaxYamlBytes);
  if (!content) return failure(file, "cannot be read; expected a readable file");

  LoadResult result = load(*content, file, secrets);
  if (result.holds_literal_secrets && readable_by_others(file)) {
    result.diagnostics.push_back({file, 0, 0,
                                  "holds secrets and others can read it; chmod 600 it, or write "
                                  "`${NAME}` or `${file:PATH}` for each secret",
                                  true});
  }
  return result;
}

int check(const std::optional<std::string>& path, const SecretSource& secrets, std::ostream& out) {
  const LoadResult result = load_file(path, secrets);
  for (const Diagnostic& diagnostic : result.diagnostics)
    out << diagnostic.to_string() << '\n';
  if (!result.ok()) return 1;
  out << result.file_name << ": ok (" << count_of(result.config.backends.size(), "backend")
      << ")\n";
  return 0;
}

}  // namespace config
