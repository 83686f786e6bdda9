#include "json/walk.hpp"

#include <charconv>

#include "json/escape.hpp"
#include "json/skip.hpp"

namespace json {

namespace {

using skip::Text;

/// The next byte behind `separator`, unless that is NUL, and the whitespace around it; null at the
/// end and if something else stands there.
const char* behind(char separator, const char* p, Text text) {
  p = skip::space(p, text);
  if (separator != '\0') {
    if (p == text.end || *p != separator) return nullptr;
    p = skip::space(p + 1, text);
  }
  return p == text.end ? nullptr : p;
}

/// What stands between the quotes; a string cut short may lack the closing one.
std::string_view between_quotes(std::string_view raw) {
  raw.remove_prefix(1);
  if (raw.ends_with('"')) raw.remove_suffix(1);
  return raw;
}

/// Where the parts of a member stand: pointers, which stay in registers where a Member wouldn't.
struct Bounds {
  const char* name = nullptr;
  const char* name_end = nullptr;
  const char* value = nullptr;
  const char* end = nullptr;  ///< null: there is no member

  std::string_view written_name() const { return {name, name_end}; }
  Value found() const { return {kind_of(*value), std::string_view(value, end)}; }
};

[[gnu::always_inline]] inline Bounds next_member(char separator, const char* p, Text text) {
  Bounds bounds;
  p = behind(separator, p, text);
  if (p == nullptr || *p != '"') return bounds;
  bounds.name = p + 1;
  p = skip::string(bounds.name, text);
  bounds.name_end = p - 1;
  bounds.value = behind(':', p, text);
  if (bounds.value == nullptr) return bounds;
  p = skip::value(bounds.value, text);
  if (p != bounds.value) bounds.end = p;
  return bounds;
}

bool same_name(std::string_view written, std::string_view name) {
  if (written == name) return true;
  if (written.size() <= name.size() || written.find('\\') == std::string_view::npos) return false;
  return unescape(written) == name;
}

}  // namespace

Value root(std::string_view text) {
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  if (text.empty() || kind_of(text.front()) == Kind::absent) return {};
  return {kind_of(text.front()), text};
}

template <>
void Members::Iterator::read(char separator) {
  const Bounds next = next_member(separator, p_, {begin_, end_});
  p_ = next.end;
  if (p_ != nullptr) item_ = {next.written_name(), next.found()};
}

template <>
void Elements::Iterator::read(char separator) {
  const Text text{begin_, end_};
  const char* const begin = behind(separator, p_, text);
  p_ = nullptr;
  if (begin == nullptr || kind_of(*begin) == Kind::absent) return;
  p_ = skip::value(begin, text);
  item_ = {kind_of(*begin), std::string_view(begin, p_)};
}

Value find(const Value& object, std::string_view name) {
  if (object.kind != Kind::object) return {};
  const Text text{object.raw.data(), object.raw.data() + object.raw.size()};
  Bounds member = next_member('\0', text.begin + 1, text);
  while (member.end != nullptr) {
    if (same_name(member.written_name(), name)) return member.found();
    member = next_member(',', member.end, text);
  }
  return {};
}

base::Result<std::string> as_string(const Value& value) {
  if (value.kind != Kind::string) {
    return base::fail(base::ErrorCode::invalid_json, "expected a string");
  }
  auto text = unescape(between_quotes(value.raw));
  if (!text) return base::fail(base::ErrorCode::invalid_json, "lone surrogate in a string");
  return *std::move(text);
}

std::optional<std::string_view> plain_string(const Value& value) {
  if (value.kind != Kind::string) return std::nullopt;
  const std::string_view text = between_quotes(value.raw);
  if (text.find('\\') != std::string_view::npos) return std::nullopt;
  return text;
}

std::optional<bool> as_bool(const Value& value) {
  if (value.raw == "true") return true;
  if (value.raw == "false") return false;
  return std::nullopt;
}

std::optional<std::uint64_t> as_uint(const Value& value) {
  std::uint64_t number = 0;
  const char* const end = value.raw.data() + value.raw.size();
  const auto [stop, error] = std::from_chars(value.raw.data(), end, number);
  if (value.kind != Kind::number || error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

}  // namespace json
