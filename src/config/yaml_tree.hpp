#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "config/findings.hpp"

namespace config {

/// One value of a YAML document, with its place. Everything that isn't a list, a mapping or null
/// is text: what it means is for the reader of its key to say, so that `token: 0123` stays 0123.
struct Node {
  enum class Kind : std::uint8_t { null, text, list, mapping };
  struct Member {
    const Node* key;
    const Node* value;
  };

  Kind kind = Kind::null;
  Position at;
  std::string text;
  std::vector<const Node*> items;
  std::vector<Member> members;  ///< in the order of the file, duplicates included
  std::size_t weight = 1;       ///< nodes in it, aliases expanded
};

/// A parsed document; it owns its nodes. Immutable.
struct YamlTree {
  std::deque<Node> nodes;
  const Node* root = nullptr;  ///< null for an empty document
};

struct YamlProblem {
  Position at;
  std::string message;
};

inline constexpr std::size_t kMaxYamlBytes = 1024UL * 1024;
inline constexpr std::size_t kMaxYamlDepth = 32;
inline constexpr std::size_t kMaxYamlNodes = 100'000;

/// The one place that knows yaml-cpp. It reads yaml-cpp's events rather than its node graph, which
/// would lose duplicate keys and has no limit on what aliases expand to. Never throws.
std::expected<YamlTree, YamlProblem> parse_yaml(std::string_view text);

}  // namespace config
