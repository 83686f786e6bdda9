#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/error.hpp"
#include "json/value.hpp"

/// The gate for every JSON text that enters the router: checked whole and strictly, in one pass,
/// without a DOM and without allocating. Parsers disagree about what is not strict, so that a text
/// that passes here means the same to every backend.
///
/// Strict is RFC 8259 in UTF-8 without a byte order mark, nesting up to kMaxDepth. Pure functions:
/// any thread.
namespace json {

using Found = Value;

/// Top-level members of a body. Calls have a few dozen at most; finding a name that occurs twice
/// among millions would cost the time of a hundred ordinary bodies.
inline constexpr std::size_t kMaxMembers = 10'000;

/// Checks that `text` is one object and sets found[i] to the value of its top-level member
/// names[i], or to `absent`. `found` is at least as long as `names`; the names are lower-case
/// literals, as an error's `param` may point to one of them.
///
/// Refused besides what is not JSON:
/// - `duplicate_key`: any top-level name that occurs twice once its escapes are resolved, since
///   some parsers take the first and some the last;
/// - `duplicate_key`: a name that is one of `names` only once escapes are resolved or case is
///   folded, even alone, since some parsers see it and some don't. Folding is Unicode's simple
///   folding (CaseFolding.txt) as far as it yields ASCII: A–Z, U+017F (s) and U+212A (k);
/// - `bad_request`: more than kMaxMembers members at the top level;
/// - `invalid_json`: an escaped lone surrogate in a top-level name or in a found string. Elsewhere
///   it is valid by RFC 8259 §8.2 and passes.
///
/// On failure `found` holds nothing that may be used. Time is O(n); memory is used beyond 32
/// members only.
base::Result<void> scan_object(std::string_view text, std::span<const std::string_view> names,
                               std::span<Found> found);

/// Checks that `text` is one JSON value of any kind, by the same grammar, and says which kind.
/// Duplicate names and lone surrogates pass. The error is `invalid_json`.
base::Result<Kind> validate(std::string_view text);

}  // namespace json
