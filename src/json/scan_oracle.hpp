#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "json/escape.hpp"
#include "json/scan.hpp"
#include "json/walk.hpp"

/// What must hold for any bytes: our verdict is simdjson's, and a walk gives the text back. Shared
/// by the fuzz target, the replay of its corpus and the random tests; no part of the product.
namespace json::oracle {

/// Every lone surrogate becomes an escaped "A": simdjson refuses them, RFC 8259 allows them.
inline std::string without_lone_surrogates(std::string_view text) {
  const auto surrogate = [](std::string_view escape, std::string_view kinds) {
    return escape.size() >= 6 && escape.starts_with("\\u") && (escape[2] | 0x20) == 'd' &&
           kinds.find(escape[3]) != kinds.npos && hex_digit(escape[4]) >= 0 &&
           hex_digit(escape[5]) >= 0;
  };
  std::string out;
  while (!text.empty()) {
    const bool pair = surrogate(text, "89abAB") && surrogate(text.substr(6), "cdefCDEF");
    const bool lone = !pair && surrogate(text, "89abcdefABCDEF");
    const std::size_t size = pair ? 12 : lone ? 6 : text.front() == '\\' ? 2 : 1;
    out += lone ? "\\u0041" : text.substr(0, size);
    text.remove_prefix(std::min(size, text.size()));
  }
  return out;
}

/// Numbers lose all but a few digits: simdjson refuses what fits neither 64 bits nor a double.
inline std::string with_short_numbers(std::string_view text) {
  std::string out;
  bool in_string = false;
  std::size_t digits = 0;
  std::size_t most = 9;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\' && i + 1 < text.size()) {
      out += c;
      out += text[++i];
      continue;
    }
    if (c == '"') in_string = !in_string;
    const bool digit = c >= '0' && c <= '9';
    if (!digit && c != '+' && c != '-') most = (c | 0x20) == 'e' ? 1 : 9;
    digits = digit ? digits + 1 : 0;
    if (in_string || digits <= most) out += c;
  }
  return out;
}

/// simdjson's verdict on the grammar alone.
inline bool is_json(std::string_view text) {
  simdjson::dom::parser parser;
  const std::string pairs_only = without_lone_surrogates(text);
  const auto error = parser.parse(pairs_only).error();
  if (error != simdjson::NUMBER_ERROR) return error == simdjson::SUCCESS;
  return parser.parse(with_short_numbers(pairs_only)).error() == simdjson::SUCCESS;
}

inline bool too_deep(const base::Error& error) {
  return error.message.find("256 levels") != std::string::npos;
}

/// `text` without the whitespace outside strings.
inline std::string compact(std::string_view text) {
  std::string out;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!in_string && is_space(text[i])) continue;
    out += text[i];
    if (text[i] == '"') in_string = !in_string;
    if (text[i] == '\\' && i + 1 < text.size()) out += text[++i];
  }
  return out;
}

/// The compact text as a walk finds it. Of what isn't valid: whatever, within bounds.
inline std::string walked(const Value& value, int depth = 0) {
  std::string out;
  if (depth > kMaxDepth) return out;
  if (value.kind == Kind::object) {
    for (const auto& [name, member] : Members(value)) {
      out += out.empty() ? "{\"" : ",\"";
      out.append(name).append("\":").append(walked(member, depth + 1));
    }
    return out.empty() ? "{}" : out + "}";
  }
  if (value.kind == Kind::array) {
    for (const Value& element : Elements(value)) {
      out += out.empty() ? "[" : ",";
      out += walked(element, depth + 1);
    }
    return out.empty() ? "[]" : out + "]";
  }
  return std::string(value.raw);
}

/// The model as simdjson's DOM reads it.
inline std::string dom_model(std::string_view text) {
  simdjson::dom::parser parser;
  std::string_view model;
  const auto error =
      parser.parse(with_short_numbers(without_lone_surrogates(text)))["model"].get(model);
  return error == simdjson::SUCCESS ? std::string(model) : std::string();
}

/// What is wrong with our reading of `text`; nothing, if all is well.
inline std::string find_disagreement(std::string_view text) {
  // A copy of just this size: a read beyond it is one that the sanitizer sees.
  const auto copy = std::make_unique<char[]>(text.size());
  text.copy(copy.get(), text.size());
  const std::string_view exact(copy.get(), text.size());

  const std::string walk = walked(root(exact));
  find(root(exact), "model");
  const auto verdict = validate(exact);
  constexpr std::array<std::string_view, 2> kNames = {"model", "stream"};
  std::array<Found, 2> found;
  const auto scanned = scan_object(exact, kNames, found);
  if (!verdict && scanned) return "scan_object accepts what validate refuses";
  if (!verdict && too_deep(verdict.error())) return {};
  if (verdict.has_value() != is_json(text)) {
    return verdict ? "accepted, simdjson refuses" : "refused, simdjson accepts";
  }
  if (!verdict) return {};
  if (walk != compact(text)) return "the walk gives another text";
  if (!scanned) return {};
  if (*verdict != Kind::object) return "scan_object accepts what is no object";
  if (find(root(exact), "model").raw != found[0].raw) return "walk and scan find another model";
  if (found[0].kind != Kind::string) return {};
  const auto model = as_string(found[0]);
  if (!model || *model != dom_model(text)) return "simdjson reads another model";
  return {};
}

}  // namespace json::oracle
