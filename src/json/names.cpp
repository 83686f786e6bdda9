#include "json/names.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "json/escape.hpp"
#include "json/walk.hpp"

namespace json {

namespace {

bool has_escape(std::string_view name) {
  return name.find('\\') != std::string_view::npos;
}

/// Cheap and without a seed: names made to collide gain nothing, as those with equal hashes are
/// ordered by their bytes.
std::uint64_t hash(std::string_view name) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15U;
  std::uint64_t state = name.size() * kOdd;
  const auto mix = [&](std::size_t size) {
    std::uint64_t word = 0;
    std::memcpy(&word, name.data(), size);
    name.remove_prefix(size);
    state = (std::rotl(state, 23) ^ word) * kOdd;
  };
  while (name.size() >= sizeof(std::uint64_t))
    mix(sizeof(std::uint64_t));
  if (!name.empty()) mix(name.size());
  return state ^ (state >> 32U);
}

struct HashedName {
  std::uint64_t hash;
  std::string_view name;

  bool operator==(const HashedName&) const = default;
  bool operator<(const HashedName& other) const {
    return hash != other.hash ? hash < other.hash : name < other.name;
  }
};

/// Appends the names of `object`; those that hold escapes are resolved into `resolved`.
std::vector<HashedName> hashed_names(const Value& object, std::string& resolved) {
  std::size_t count = 0;
  std::size_t escaped_bytes = 0;
  for (const Member& member : Members(object)) {
    ++count;
    if (has_escape(member.name)) escaped_bytes += member.name.size();
  }
  std::vector<HashedName> names;
  names.reserve(count);
  resolved.reserve(escaped_bytes);  // the views below stay good: it never grows beyond this
  for (const auto& [written, value] : Members(object)) {
    std::string_view name = written;
    if (has_escape(written)) {
      const std::size_t start = resolved.size();
      append_unescaped(resolved, written);
      name = std::string_view(resolved).substr(start);
    }
    names.push_back({hash(name), name});
  }
  return names;
}

}  // namespace

bool Names::is_among_few(std::string_view name) const {
  for (std::size_t i = 0; i < count_; ++i) {
    if (std::string_view(begins_[i], sizes_[i]) == name) return true;
  }
  return false;
}

std::optional<std::string> find_duplicate_name(std::string_view object) {
  std::string resolved;
  std::vector<HashedName> names = hashed_names(root(object), resolved);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end()) return std::nullopt;
  return std::string(twice->name);
}

bool equal_folded(std::string_view name, std::string_view routed) {
  constexpr std::string_view kLongS = "\xc5\xbf";           // U+017F
  constexpr std::string_view kKelvinSign = "\xe2\x84\xaa";  // U+212A
  for (const char expected : routed) {
    if (name.empty()) return false;
    const char c = name.front();
    std::size_t size = 1;
    char folded = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    if (name.starts_with(kLongS)) {
      folded = 's';
      size = kLongS.size();
    } else if (name.starts_with(kKelvinSign)) {
      folded = 'k';
      size = kKelvinSign.size();
    }
    if (folded != expected) return false;
    name.remove_prefix(size);
  }
  return name.empty();
}

}  // namespace json
