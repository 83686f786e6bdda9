#include "llm/stored_responses.hpp"

namespace llm {
namespace {

constexpr std::string_view kPrefix = "/v1/responses/";
constexpr std::string_view kId = "{id}";

}  // namespace

std::optional<StoredPath> read_stored_path(std::string_view path) {
  if (path.starts_with(kApiVersion)) path.remove_prefix(kApiVersion.size());
  const std::string_view bare = kPrefix.substr(kApiVersion.size());
  if (!path.starts_with(bare)) return std::nullopt;
  path.remove_prefix(bare.size());
  const std::string_view id = path.substr(0, path.find('/'));
  const std::string_view tail = path.substr(id.size());
  if (id.empty()) return std::nullopt;
  for (const Operation& operation : kStoredOperations) {
    if (operation.path.substr(kPrefix.size() + kId.size()) == tail) {
      return StoredPath{id, operation.path};
    }
  }
  return std::nullopt;
}

const Operation* find_stored(const StoredPath& path, std::string_view method) {
  for (const Operation& operation : kStoredOperations) {
    if (operation.path == path.pattern && operation.method == method) return &operation;
  }
  return nullptr;
}

std::string allowed_methods(const StoredPath& path) {
  std::string methods;
  for (const Operation& operation : kStoredOperations) {
    if (operation.path != path.pattern) continue;
    methods.append(methods.empty() ? "" : ", ").append(operation.method);
  }
  return methods;
}

}  // namespace llm
