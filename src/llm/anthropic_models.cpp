#include "llm/anthropic_models.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "base/rfc3339.hpp"
#include "json/walk.hpp"
#include "json/write.hpp"

namespace llm {
namespace {

constexpr std::uint64_t kEndOfYear9999 = 253'402'300'799;

/// The date of a model that was made so many seconds after 1970.
std::string date_of(std::uint64_t seconds) {
  if (seconds > kEndOfYear9999) seconds = 0;  // milliseconds, or nonsense
  const std::chrono::seconds since(static_cast<std::int64_t>(seconds));
  std::array<char, base::Rfc3339::kLength> text{};
  base::Rfc3339().write(text.data(), base::WallClock::time_point(since));
  return {text.data(), text.size()};
}

std::string text_or(const json::Value& value, std::string fallback) {
  auto text = json::as_string(value);
  return text && !text->empty() ? *std::move(text) : std::move(fallback);
}

std::span<const ModelEntry> page_of(std::span<const ModelEntry> models,
                                    const ModelPageQuery& query) {
  if (!query.after_id.empty()) {
    const auto first = std::ranges::upper_bound(models, query.after_id, {}, &ModelEntry::id);
    models = {first, models.end()};
  }
  if (!query.before_id.empty()) {
    const auto end = std::ranges::lower_bound(models, query.before_id, {}, &ModelEntry::id);
    models = {models.begin(), end};
  }
  const std::size_t size = std::min(query.limit, models.size());
  return query.before_id.empty() ? models.first(size) : models.last(size);
}

bool has_more(std::span<const ModelEntry> models, std::span<const ModelEntry> page,
              const ModelPageQuery& query) {
  if (page.empty()) return false;
  return query.before_id.empty() ? page.back().id != models.back().id
                                 : page.front().id != models.front().id;
}

void write_id(json::ObjectWriter& out, std::string_view name, std::string_view id) {
  if (id.empty()) {
    out.null(name);
  } else {
    out.string(name, id);
  }
}

}  // namespace

std::string anthropic_model_json(std::string_view id, std::string_view entry) {
  const json::Value object = json::root(entry);
  const std::uint64_t created = json::as_uint(json::find(object, "created")).value_or(0);
  std::string out;
  json::ObjectWriter writer(out);
  writer.string("type", "model").string("id", id);
  writer.string("display_name", text_or(json::find(object, "display_name"), std::string(id)));
  writer.string("created_at", text_or(json::find(object, "created_at"), date_of(created)));
  writer.close();
  return out;
}

std::string write_anthropic_models(std::span<const ModelEntry> models,
                                   const ModelPageQuery& query) {
  const std::span<const ModelEntry> page = page_of(models, query);
  std::string out;
  json::ObjectWriter list(out);
  json::ArrayWriter data = list.array("data");
  for (const ModelEntry& model : page)
    data.raw(anthropic_model_json(model.id, model.json));
  data.close();
  list.boolean("has_more", has_more(models, page, query));
  write_id(list, "first_id", page.empty() ? std::string_view() : page.front().id);
  write_id(list, "last_id", page.empty() ? std::string_view() : page.back().id);
  list.close();
  return out;
}

}  // namespace llm
