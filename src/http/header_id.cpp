#include "http/header_id.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "http/char_set.hpp"

namespace http {
namespace {

struct KnownName {
  std::string_view name;  // lower case
  HeaderId id;
};

constexpr std::array kKnownNames = {
    KnownName{"host", HeaderId::host},
    KnownName{"content-length", HeaderId::content_length},
    KnownName{"transfer-encoding", HeaderId::transfer_encoding},
    KnownName{"expect", HeaderId::expect},
    KnownName{"connection", HeaderId::connection},
    KnownName{"keep-alive", HeaderId::keep_alive},
    KnownName{"proxy-connection", HeaderId::proxy_connection},
    KnownName{"proxy-authenticate", HeaderId::proxy_authenticate},
    KnownName{"proxy-authorization", HeaderId::proxy_authorization},
    KnownName{"proxy-authentication-info", HeaderId::proxy_authentication_info},
    KnownName{"te", HeaderId::te},
    KnownName{"trailer", HeaderId::trailer},
    KnownName{"upgrade", HeaderId::upgrade},
    KnownName{"http2-settings", HeaderId::http2_settings},
    KnownName{"authorization", HeaderId::authorization},
    KnownName{"x-api-key", HeaderId::x_api_key},
    KnownName{"api-key", HeaderId::api_key},
    KnownName{"x-goog-api-key", HeaderId::x_goog_api_key},
    KnownName{"apikey", HeaderId::credential},
    KnownName{"x-auth-token", HeaderId::credential},
    KnownName{"x-access-token", HeaderId::credential},
    KnownName{"x-amz-security-token", HeaderId::credential},
    KnownName{"ocp-apim-subscription-key", HeaderId::credential},
    KnownName{"cookie", HeaderId::cookie},
    KnownName{"set-cookie", HeaderId::set_cookie},
    KnownName{"set-cookie2", HeaderId::set_cookie},
    KnownName{"content-type", HeaderId::content_type},
    KnownName{"content-encoding", HeaderId::content_encoding},
    KnownName{"accept", HeaderId::accept},
    KnownName{"accept-encoding", HeaderId::accept_encoding},
    KnownName{"content-range", HeaderId::content_range},
    KnownName{"if-match", HeaderId::if_match},
    KnownName{"if-none-match", HeaderId::if_none_match},
    KnownName{"if-modified-since", HeaderId::if_modified_since},
    KnownName{"if-unmodified-since", HeaderId::if_unmodified_since},
    KnownName{"user-agent", HeaderId::user_agent},
    KnownName{"server", HeaderId::server},
    KnownName{"via", HeaderId::via},
    KnownName{"origin", HeaderId::origin},
    KnownName{"forwarded", HeaderId::forwarded},
    KnownName{"x-forwarded-for", HeaderId::x_forwarded_for},
    KnownName{"x-forwarded-host", HeaderId::x_forwarded_host},
    KnownName{"x-forwarded-proto", HeaderId::x_forwarded_proto},
    KnownName{"x-real-ip", HeaderId::x_real_ip},
    KnownName{"date", HeaderId::date},
    KnownName{"location", HeaderId::location},
    KnownName{"retry-after", HeaderId::retry_after},
    KnownName{"retry-after-ms", HeaderId::retry_after_ms},
    KnownName{"x-should-retry", HeaderId::x_should_retry},
    KnownName{"x-stainless-retry-count", HeaderId::x_stainless_retry_count},
    KnownName{"x-request-id", HeaderId::x_request_id},
    KnownName{"request-id", HeaderId::request_id},
};

constexpr std::array kFamilies = {
    KnownName{"x-router-", HeaderId::x_router},
    KnownName{"x-forwarded-", HeaderId::x_forwarded},
    KnownName{"proxy-", HeaderId::proxy},
};

constexpr std::size_t kLongest =
    std::ranges::max(kKnownNames, {}, [](const KnownName& k) { return k.name.size(); }).name.size();

constexpr std::uint32_t fold(char c) {
  return static_cast<unsigned char>(c) | 0x20U;
}

// Length, first, middle and last byte tell the known names apart; `multiplier` spreads that key
// over the slots without a collision.
constexpr std::uint32_t key(std::string_view name) {
  return static_cast<std::uint32_t>(name.size()) | fold(name.front()) << 8U |
         fold(name[name.size() / 2]) << 16U | fold(name.back()) << 24U;
}

constexpr std::size_t kSlots = 256;
constexpr std::size_t slot(std::uint32_t k, std::uint32_t multiplier) {
  return (k * multiplier) >> 24U;
}

consteval std::uint32_t find_multiplier() {
  for (std::uint32_t multiplier = 0x9e3779b1U;; multiplier += 2) {
    std::array<bool, kSlots> taken{};
    bool collides = false;
    for (const KnownName& known : kKnownNames) {
      bool& mine = taken[slot(key(known.name), multiplier)];
      collides = collides || mine;
      mine = true;
    }
    if (!collides) return multiplier;
  }
}
constexpr std::uint32_t kMultiplier = find_multiplier();

// A name as bytes to compare with: `text` in lower case, `case_bits` 0x20 under each letter.
struct Entry {
  std::uint8_t size = 0;
  HeaderId id = HeaderId::other;
  std::array<char, kLongest> text{};
  std::array<char, kLongest> case_bits{};
};

consteval std::array<Entry, kSlots> make_table() {
  std::array<Entry, kSlots> table{};
  for (const KnownName& known : kKnownNames) {
    Entry& entry = table[slot(key(known.name), kMultiplier)];
    entry.size = static_cast<std::uint8_t>(known.name.size());
    entry.id = known.id;
    for (std::size_t i = 0; i < known.name.size(); ++i) {
      entry.text[i] = known.name[i];
      entry.case_bits[i] = is_alpha(static_cast<unsigned char>(known.name[i])) ? 0x20 : 0;
    }
  }
  return table;
}
constexpr std::array<Entry, kSlots> kTable = make_table();

template <class Word>
Word load(const char* p) {
  Word word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

template <class Word>
bool same(const char* name, const Entry& entry, std::size_t at) {
  return static_cast<Word>(load<Word>(name + at) | load<Word>(entry.case_bits.data() + at)) ==
         load<Word>(entry.text.data() + at);
}

// Whole words, the last of which may overlap the one before it. Sizes are equal.
template <class Word>
bool same_words(const char* name, const Entry& entry) {
  const std::size_t last = entry.size - sizeof(Word);
  for (std::size_t at = 0; at < last; at += sizeof(Word))
    if (!same<Word>(name, entry, at)) return false;
  return same<Word>(name, entry, last);
}

bool is_entry(std::string_view name, const Entry& entry) {
  if (name.size() != entry.size) return false;
  if (name.size() >= 8) return same_words<std::uint64_t>(name.data(), entry);
  if (name.size() >= 4) return same_words<std::uint32_t>(name.data(), entry);
  return same_words<std::uint8_t>(name.data(), entry);
}

HeaderId identify_family(std::string_view name) {
  const std::uint32_t first = fold(name.front());
  if (first != 'x' && first != 'p') return HeaderId::other;
  for (const KnownName& family : kFamilies) {
    if (name.size() > family.name.size() &&
        equals_ignoring_case(name.substr(0, family.name.size()), family.name))
      return family.id;
  }
  return HeaderId::other;
}

}  // namespace

HeaderId identify(std::string_view name) {
  if (name.empty()) return HeaderId::other;
  const Entry& entry = kTable[slot(key(name), kMultiplier)];
  if (is_entry(name, entry)) return entry.id;
  return identify_family(name);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

}  // namespace http
