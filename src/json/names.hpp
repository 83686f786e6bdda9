#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace json {

/// The names of one object as they are read, to find one that occurs twice. Names are given and
/// compared with their escapes resolved. Internal to the layer; lives within one call, on one
/// thread.
///
/// Up to kFew names are compared with each other as they come, which allocates nothing. Beyond
/// that add() no longer says anything, and find_duplicate_name() is to be asked at the end.
class Names {
 public:
  static constexpr std::size_t kFew = 32;

  /// False if the name is known. Its bytes must outlive this object.
  bool add(std::string_view name);

  /// More than kFew were added.
  bool overflowed() const { return overflowed_; }

 private:
  bool is_among_few(std::string_view name) const;

  std::size_t count_ = 0;
  bool overflowed_ = false;
  std::uint64_t filter_ = 0;  ///< a bit for each name: who finds its bit unset is new
  // Left as they are until used: clearing them would cost more than all the rest.
  std::array<const char*, kFew> begins_;
  std::array<std::size_t, kFew> sizes_;
};

inline bool Names::add(std::string_view name) {
  if (count_ == kFew) {
    overflowed_ = true;
    return true;
  }
  const auto first = name.empty() ? 0U : static_cast<unsigned char>(name.front());
  const auto last = name.empty() ? 0U : static_cast<unsigned char>(name.back());
  const std::uint64_t bit = std::uint64_t{1} << ((name.size() * 7 + first * 5 + last) & 63U);
  if ((filter_ & bit) != 0 && is_among_few(name)) return false;
  filter_ |= bit;
  begins_[count_] = name.data();
  sizes_[count_++] = name.size();
  return true;
}

/// A name that occurs twice in `object`, which is a valid object without lone surrogates in its
/// names. Takes O(n log n) at worst, which no choice of names makes worse, and 24 bytes a member
/// besides the names that hold escapes; scan_object() asks for kMaxMembers names at most.
std::optional<std::string> find_duplicate_name(std::string_view object);

/// Whether `name` is `routed`, which is lower-case ASCII, once its case is folded.
bool equal_folded(std::string_view name, std::string_view routed);

/// False if `name` can't be equal_folded() to `routed`: most differ in the first bytes.
inline bool may_equal_folded(std::string_view name, std::string_view routed) {
  if (name.size() < routed.size()) return false;
  for (std::size_t i = 0; i < routed.size(); ++i) {
    if (static_cast<unsigned char>(name[i]) >= 0x80) return true;
    if ((name[i] | 0x20) != (routed[i] | 0x20)) return false;
  }
  return name.size() == routed.size();
}

}  // namespace json
