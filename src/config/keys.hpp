#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace config {

/// The mappings of a configuration.
enum class Group : std::uint8_t {
  root,
  admin,
  limits,
  timeouts,
  stream,
  log,
  backend,
  auth,
  backend_timeouts,
  backend_tls,
};

/// A key that a configuration may hold. Declared here and nowhere else: what is not in the table
/// is an unknown key, and the tests hold docs/configuration.md against it.
struct Key {
  Group group;
  std::string_view name;
  std::string_view expected;  ///< how a good value looks, for messages
};

std::span<const Key> all_keys();

/// Null if the group has no such key.
const Key* find_key(Group group, std::string_view name);

/// `backends[].auth.token`
std::string path_of(const Key& key);

/// What to say behind "unknown key" : the nearest key of the group, else the group that has a key
/// of this name, else the keys there are.
std::string suggest_key(Group group, std::string_view unknown);

}  // namespace config
