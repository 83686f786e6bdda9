#include "config/section.hpp"

#include <algorithm>
#include <unordered_map>

#include "config/nearest.hpp"
#include "config/values.hpp"

namespace config {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongest = std::chrono::hours(24 * 7);

/// A stray secret can stand where a key should (`auth: {sk-…}`): only what looks like the name of
/// a key is repeated in a message, and inside `auth` only what is close to a real one.
bool may_be_named(std::string_view key, Group group, std::string_view suggestion) {
  const bool plain = std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  });
  const bool close = suggestion.starts_with("did you mean");
  return plain && !key.empty() && key.size() <= 32 && (group != Group::auth || close);
}

}  // namespace

std::string_view describe(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::null:
      return "has no value";
    case Node::Kind::text:
      return "is not valid";
    case Node::Kind::list:
      return "is a list";
    case Node::Kind::mapping:
      return "is a mapping";
  }
  return "is not valid";
}

Section::Section(const Node& mapping, Group group, Findings& findings)
    : mapping_(&mapping), group_(group), findings_(&findings) {
  check_keys();
}

void Section::check_keys() const {
  std::unordered_map<std::string_view, int> seen;  // key -> line
  for (const auto& [key, value] : mapping_->members) {
    if (key->kind != Node::Kind::text || find_key(group_, key->text) == nullptr) {
      unknown(*key);
      continue;
    }
    const auto [first, is_new] = seen.try_emplace(key->text, key->at.line);
    if (is_new) continue;
    findings_->error(key->at, "`" + path_of(*find_key(group_, key->text)) +
                                  "` stands twice; the first is on line " +
                                  std::to_string(first->second));
  }
}

void Section::unknown(const Node& key) const {
  const std::string suggestion = suggest_key(group_, key.text);
  const bool named = may_be_named(key.text, group_, suggestion);
  findings_->error(key.at,
                   (named ? "unknown key `" + key.text + "`; " : "unknown key; ") + suggestion);
}

const Node* Section::find(std::string_view key) const {
  const auto member = std::ranges::find_if(mapping_->members, [&](const Node::Member& candidate) {
    return candidate.key->kind == Node::Kind::text && candidate.key->text == key;
  });
  return member == mapping_->members.end() ? nullptr : member->value;
}

Position Section::place(std::string_view key) const {
  for (const auto& [name, value] : mapping_->members) {
    if (name->text != key) continue;
    return value->kind == Node::Kind::null ? name->at : value->at;
  }
  return mapping_->at;
}

std::string Section::path(std::string_view key) const {
  return path_of(*find_key(group_, key));
}

void Section::invalid(std::string_view key, std::string_view problem,
                      std::optional<std::string_view> suggestion) const {
  std::string message = "`" + path(key) + "` ";
  message.append(problem).append("; expected ").append(find_key(group_, key)->form.expected);
  if (suggestion) message.append("; did you mean `").append(*suggestion).append("`?");
  findings_->error(place(key), std::move(message));
}

const Node* Section::value_of(std::string_view key, Node::Kind kind, bool null_is_absent) const {
  const Node* value = find(key);
  if (value == nullptr || value->kind == kind) return value;
  if (value->kind == Node::Kind::null && null_is_absent) return nullptr;
  invalid(key, describe(value->kind));
  return nullptr;
}

const Node* Section::text(std::string_view key) const {
  return value_of(key, Node::Kind::text, false);
}

const Node* Section::list(std::string_view key) const {
  return value_of(key, Node::Kind::list, true);
}

const Node* Section::mapping(std::string_view key) const {
  return value_of(key, Node::Kind::mapping, true);
}

std::optional<Section> Section::section(std::string_view key, Group group) const {
  const Node* value = mapping(key);
  if (value == nullptr) return std::nullopt;
  return Section(*value, group, *findings_);
}

void Section::read_duration(std::string_view key, milliseconds& out, milliseconds least) const {
  const Node* value = text(key);
  if (value == nullptr) return;
  const auto duration = parse_duration(value->text);
  if (!duration) return invalid(key, "is not a duration");
  if (*duration < least) return invalid(key, "is too short");
  if (*duration > kLongest) return invalid(key, "is longer than 7 days");
  out = *duration;
}

void Section::read_duration(std::string_view key, std::optional<milliseconds>& out) const {
  milliseconds duration{0};
  read_duration(key, duration);
  if (duration > milliseconds{0}) out = duration;
}

void Section::read_size(std::string_view key, std::size_t& out, const SizeRange& range) const {
  const Node* value = text(key);
  if (value == nullptr) return;
  const auto size = parse_size(value->text);
  if (!size) return invalid(key, "is not a size");
  if (*size < range.least || *size > range.most) {
    return invalid(key, "must lie between " + std::string(range.text));
  }
  out = *size;
}

std::optional<std::uint64_t> Section::whole(std::string_view key, std::uint64_t least,
                                            std::uint64_t most) const {
  const Node* value = text(key);
  if (value == nullptr) return std::nullopt;
  const auto number = parse_whole(value->text);
  if (number && *number >= least && *number <= most) return number;
  invalid(key, number ? "is out of range" : "is not a whole number");
  return std::nullopt;
}

std::optional<std::size_t> Section::choice(std::string_view key,
                                           std::span<const std::string_view> choices) const {
  const Node* value = text(key);
  if (value == nullptr) return std::nullopt;
  const auto found = std::ranges::find(choices, value->text);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  invalid(key, "is not valid", nearest(value->text, choices));
  return std::nullopt;
}

}  // namespace config
