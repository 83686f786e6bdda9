#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/findings.hpp"
#include "config/keys.hpp"
#include "config/yaml_tree.hpp"

namespace config {

/// The sizes that a key accepts; `text` is how a message names them.
struct SizeRange {
  std::size_t least;
  std::size_t most;
  std::string_view text;
};

/// One mapping of the document, read by the keys of its group. Construction reports the unknown
/// and the repeated keys; each read_… reports what is wrong with its value, leaves `out` as it was,
/// and goes on: one load finds every error. Private to this layer; refers to the tree.
class Section {
 public:
  Section(const Node& mapping, Group group, Findings& findings);

  /// The key's value, or null if it isn't there.
  [[nodiscard]] const Node* find(std::string_view key) const;
  /// Where to point for what is wrong with the key: its value, the key if it has none, or the
  /// mapping if there is no such key.
  [[nodiscard]] Position place(std::string_view key) const;

  /// `limits.body`
  [[nodiscard]] std::string path(std::string_view key) const;

  /// "`path` problem; expected …; did you mean `suggestion`?" at the key's place.
  void invalid(std::string_view key, std::string_view problem,
               std::optional<std::string_view> suggestion = std::nullopt) const;
  void missing(std::string_view key) const { invalid(key, "is missing"); }

  /// The value as a text, a list or a mapping; nullptr if the key isn't there or, reported, has a
  /// value of another kind. A list or mapping without a value at all (all of it commented out) is
  /// as good as absent.
  const Node* text(std::string_view key) const;
  const Node* list(std::string_view key) const;
  const Node* mapping(std::string_view key) const;
  [[nodiscard]] std::optional<Section> section(std::string_view key, Group group) const;

  void read_duration(std::string_view key, std::chrono::milliseconds& out,
                     std::chrono::milliseconds least = std::chrono::milliseconds(1)) const;
  void read_duration(std::string_view key, std::optional<std::chrono::milliseconds>& out) const;
  void read_size(std::string_view key, std::size_t& out, const SizeRange& range) const;
  /// The table's text for the key names the bounds.
  [[nodiscard]] std::optional<std::uint64_t> whole(std::string_view key, std::uint64_t least,
                                                   std::uint64_t most) const;
  /// Index of the choice that the value is.
  [[nodiscard]] std::optional<std::size_t> choice(std::string_view key,
                                                  std::span<const std::string_view> choices) const;

 private:
  void check_keys() const;
  void unknown(const Node& key) const;
  const Node* value_of(std::string_view key, Node::Kind kind, bool null_is_absent) const;

  const Node* mapping_;
  Group group_;
  Findings* findings_;
};

/// "is a list", as a message says of a value of the wrong kind.
std::string_view describe(Node::Kind kind);

}  // namespace config
