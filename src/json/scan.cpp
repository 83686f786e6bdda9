#include "json/scan.hpp"

#include <algorithm>
#include <forward_list>
#include <string>

#include <simdjson.h>

#include "base/try.hpp"
#include "json/checker.hpp"
#include "json/escape.hpp"
#include "json/names.hpp"
#include "json/utf8.hpp"

namespace json {

using base::ErrorCode;

bool Checker::finish() {
  space();
  if (p_ != end_) return fail("the end");
  const std::string_view text(begin_, end_);
  if (seen_.ascii() || simdjson::validate_utf8(text)) return true;
  p_ = begin_ + first_invalid_utf8(text);
  return fail("UTF-8");
}

std::unexpected<base::Error> Checker::error() const {
  return base::fail(ErrorCode::invalid_json, "invalid JSON at byte " + std::to_string(p_ - begin_) +
                                                 ": expected " + expected_);
}

namespace {

std::unexpected<base::Error> duplicate(std::string_view name, std::string_view param) {
  constexpr std::size_t kShown = 64;
  return base::fail(ErrorCode::duplicate_key,
                    "the member \"" + std::string(name.substr(0, kShown)) + "\" occurs twice",
                    param);
}

std::unexpected<base::Error> lone_surrogate(std::string_view where) {
  return base::fail(ErrorCode::invalid_json,
                    "invalid JSON: lone surrogate in " + std::string(where));
}

std::unexpected<base::Error> misspelt(std::string_view routed) {
  return base::fail(ErrorCode::duplicate_key,
                    "the member \"" + std::string(routed) + "\" must be spelt exactly so", routed);
}

std::unexpected<base::Error> too_many_members() {
  return base::fail(
      ErrorCode::bad_request,
      "the body has more than " + std::to_string(kMaxMembers) + " members at its top level");
}

/// The top level of a body: what its members are called, and the values of those asked for.
class Scan {
 public:
  Scan(std::string_view text, std::span<const std::string_view> wanted, std::span<Found> found)
      : text_(text), checker_(text), wanted_(wanted), found_(found) {}

  base::Result<void> object();

 private:
  base::Result<void> member();
  /// The index of the name among those wanted, or their number.
  base::Result<std::size_t> name(std::string_view written, bool escaped);
  base::Result<void> value(std::size_t index);

  std::string_view text_;
  Checker checker_;
  std::span<const std::string_view> wanted_;
  std::span<Found> found_;
  Names names_;
  std::size_t members_ = 0;
  std::forward_list<std::string> resolved_;  ///< names that hold escapes: there are hardly any
};

base::Result<void> Scan::object() {
  checker_.space();
  if (!checker_.take('{', "an object")) return checker_.error();
  checker_.space();
  if (!checker_.skip_if('}')) {
    do {
      checker_.space();
      TRY_VOID(member());
      checker_.space();
    } while (checker_.skip_if(','));
    if (!checker_.take('}', "',' or '}'")) return checker_.error();
  }
  if (!checker_.finish()) return checker_.error();
  if (!names_.overflowed()) return {};
  const auto twice = find_duplicate_name(text_);
  if (twice) return duplicate(*twice, {});
  return {};
}

base::Result<void> Scan::member() {
  if (++members_ > kMaxMembers) return too_many_members();
  const char* const start = checker_.position();
  bool escaped = false;
  if (!checker_.string(escaped)) return checker_.error();
  const std::string_view quoted = checker_.since(start);
  TRY(const std::size_t index, name(quoted.substr(1, quoted.size() - 2), escaped));
  checker_.space();
  if (!checker_.take(':', "':'")) return checker_.error();
  checker_.space();
  return value(index);
}

base::Result<std::size_t> Scan::name(std::string_view written, bool escaped) {
  std::string_view name = written;
  if (escaped) {
    auto resolved = unescape(written);
    if (!resolved) return lone_surrogate("a name");
    name = resolved_.emplace_front(*std::move(resolved));
  }
  std::size_t index = wanted_.size();
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    if (!may_equal_folded(name, wanted_[i])) continue;
    if (written == wanted_[i]) {
      index = i;
    } else if (equal_folded(name, wanted_[i])) {
      return misspelt(wanted_[i]);
    }
  }
  const bool is_new = names_.add(name);
  if (!is_new) return duplicate(name, index == wanted_.size() ? "" : wanted_[index]);
  if (escaped && names_.overflowed()) resolved_.pop_front();
  return index;
}

base::Result<void> Scan::value(std::size_t index) {
  const char* const start = checker_.position();
  if (!checker_.value(1)) return checker_.error();
  if (index == wanted_.size()) return {};
  const std::string_view raw = checker_.since(start);
  found_[index] = {kind_of(raw.front()), raw};
  const bool is_text = found_[index].kind == Kind::string;
  if (is_text && raw.find('\\') != raw.npos && !unescape(raw.substr(1, raw.size() - 2))) {
    return lone_surrogate("\"" + std::string(wanted_[index]) + "\"");
  }
  return {};
}

}  // namespace

base::Result<void> scan_object(std::string_view text, std::span<const std::string_view> names,
                               std::span<Found> found) {
  std::ranges::fill(found, Found{});
  return Scan(text, names, found).object();
}

base::Result<Kind> validate(std::string_view text) {
  Checker checker(text);
  checker.space();
  const char* const start = checker.position();
  if (!checker.value(0) || !checker.finish()) return checker.error();
  return kind_of(*start);
}

}  // namespace json
