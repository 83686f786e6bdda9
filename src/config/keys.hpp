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
  listener,
  listener_tls,
  served_tls,
};

/// How a good value looks: in words, and as a JSON Schema. A mapping whose keys are in the table,
/// or a list of such, needs no schema of its own. A key that has both takes one or the other: a
/// value of this form, or a list of those and of mappings.
struct Form {
  // Implicit, so that a line of the table may say it in words alone.
  // NOLINTNEXTLINE(google-explicit-constructor)
  constexpr Form(const char* words, std::string_view json = {}) : expected(words), schema(json) {}

  std::string_view expected;  ///< for messages
  std::string_view schema;    ///< what it holds, as JSON, for schema.hpp
};

/// A key that a configuration may hold. Declared here and nowhere else: what is not in the table
/// is an unknown key, the schema is made from it, and the tests hold docs/configuration.md against
/// it.
struct Key {
  Group group;
  std::string_view name;
  Form form;
};

std::span<const Key> all_keys();

/// `backends[].auth.`: what stands before the group's keys in a path.
std::string_view prefix_of(Group group);

/// Null if the group has no such key.
const Key* find_key(Group group, std::string_view name);

/// `backends[].auth.token`
std::string path_of(const Key& key);

/// What to say behind "unknown key" : the nearest key of the group, else the group that has a key
/// of this name, else the keys there are.
std::string suggest_key(Group group, std::string_view unknown);

}  // namespace config
