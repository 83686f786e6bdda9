#include "config/schema.hpp"

#include <optional>
#include <vector>

#include "config/keys.hpp"
#include "config/values.hpp"
#include "json/write.hpp"

namespace config {
namespace {

constexpr std::string_view kType = "\"type\"";
constexpr std::string_view kDialect = "https://json-schema.org/draft/2020-12/schema";

/// A key's row in the reference: | `key` | default | meaning |, or | `key` | meaning |.
struct Row {
  std::string_view fallback;
  std::string_view meaning;
};

Row row_of(std::string_view reference, const Key& key) {
  const std::string begin = "\n| `" + path_of(key) + "` | ";
  const std::size_t at = reference.find(begin);
  if (at == std::string_view::npos) return {};
  std::string_view cells = reference.substr(at + begin.size());
  cells = cells.substr(0, cells.find(" |\n"));
  const std::size_t bar = cells.find("| ");
  if (bar == std::string_view::npos) return {.fallback = {}, .meaning = cells};
  std::string_view fallback = cells.substr(0, bar);
  if (fallback.ends_with(' ')) fallback.remove_suffix(1);
  return {.fallback = fallback, .meaning = cells.substr(bar + 2)};
}

/// Links become their text, and those that only lead elsewhere on the page go.
std::string without_links(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('[');
    const std::size_t middle = text.find("](", open);
    const std::size_t close = text.find(')', middle);
    if (close == std::string_view::npos) break;
    const std::string_view label = text.substr(open + 1, middle - open - 1);
    if (label.contains('[') || label.contains('`')) {  // brackets of another kind
      out.append(text.substr(0, open + 1));
      text.remove_prefix(open + 1);
      continue;
    }
    out.append(text.substr(0, open));
    text.remove_prefix(close + 1);
    if (label != "Below") {
      out.append(label);
    } else if (text.starts_with('.')) {
      text.remove_prefix(1);
    }
  }
  out.append(text);
  while (out.ends_with(' '))
    out.pop_back();
  return out;
}

/// "`300` (5 min)" is 300; "`4s` or `55s`" and "none" are no values.
std::optional<std::string_view> literal(std::string_view fallback) {
  if (!fallback.starts_with('`')) return std::nullopt;
  const std::size_t end = fallback.find('`', 1);
  if (end == std::string_view::npos || fallback.substr(end).contains('`' + std::string(" or"))) {
    return std::nullopt;
  }
  return fallback.substr(1, end - 1);
}

class SchemaWriter {
 public:
  explicit SchemaWriter(std::string_view reference) : reference_(reference) {}

  /// What stands inside the object that is the group's schema.
  [[nodiscard]] std::string group(Group group, bool may_be_absent) const {
    std::string properties;
    std::string required;
    std::string rules;
    json::ObjectWriter properties_writer(properties);
    json::ArrayWriter required_writer(required);
    json::ArrayWriter rules_writer(rules);
    bool is_any_required = false;
    bool is_ruled = false;
    for (const Key& key : all_keys()) {
      if (key.group != group) continue;
      const Row row = row_of(reference_, key);
      properties_writer.raw(key.name, "{" + property(key, row) + "}");
      if (row.fallback == "required") {
        required_writer.string(key.name);
        is_any_required = true;
      } else if (row.fallback.starts_with("required by `")) {
        rules_writer.raw(rule(key, *literal(row.fallback.substr(row.fallback.find('`')))));
        is_ruled = true;
      }
    }
    properties_writer.close();
    required_writer.close();
    rules_writer.close();
    // A mapping of which all is commented out is null.
    std::string out = may_be_absent ? R"("type":["object","null"])" : R"("type":"object")";
    out.append(R"(,"additionalProperties":false)");
    if (is_any_required) out.append(R"(,"required":)").append(required);
    if (is_ruled) out.append(R"(,"allOf":)").append(rules);
    return out.append(R"(,"properties":)").append(properties);
  }

 private:
  [[nodiscard]] std::string property(const Key& key, const Row& row) const {
    std::string out = R"("description":)";
    json::append_string(out, without_links(row.meaning));
    if (const auto value = literal(row.fallback)) {
      out.append(R"(,"default":)");
      const bool is_number = parse_whole(*value) && (*value == "0" || !value->starts_with('0'));
      const bool is_bare = is_number || *value == "true" || *value == "false";
      is_bare ? void(out.append(*value)) : json::append_string(out, *value);
    }
    return out.append(",").append(value(key));
  }

  [[nodiscard]] std::string value(const Key& key) const {
    const std::string own(key.form.schema);
    if (const auto members = group_behind(path_of(key) + ".")) return group(*members, true);
    const auto items = group_behind(path_of(key) + "[].");
    if (items && own.starts_with(kType)) return either("{" + own + "}", *items);
    if (items) {
      return R"("type":"array","items":{)" + group(*items, false) + "}" +
             (own.empty() ? own : "," + own);
    }
    return std::string(key.form.schema);
  }

  /// One value of a form of its own, or a list of such values and of mappings.
  [[nodiscard]] std::string either(const std::string& own, Group items) const {
    return R"("anyOf":[)" + own + R"(,{"type":"array","minItems":1,"items":{"anyOf":[)" + own +
           ",{" + group(items, false) + "}]}}]";
  }

  static std::optional<Group> group_behind(std::string_view prefix) {
    for (const Key& key : all_keys()) {
      if (prefix_of(key.group) == prefix) return key.group;
    }
    return std::nullopt;
  }

  /// The key belongs to one value of its neighbour `type`, and to no other.
  static std::string rule(const Key& key, std::string_view type) {
    std::string out = R"({"if":{"required":["type"],"properties":{"type":{"const":)";
    json::append_string(out, type);
    out.append(R"(}}},"then":{"required":[)");
    json::append_string(out, key.name);
    out.append(R"(]},"else":{"properties":{)");
    json::append_string(out, key.name);
    return out.append(":false}}}");
  }

  std::string_view reference_;
};

}  // namespace

std::string schema(std::string_view reference) {
  std::string out = R"({"$schema":)";
  json::append_string(out, kDialect);
  out.append(R"(,"title":"llm-router configuration",)");
  return out.append(SchemaWriter(reference).group(Group::root, false)).append("}");
}

}  // namespace config
