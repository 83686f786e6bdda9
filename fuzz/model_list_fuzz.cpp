#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "json/scan.hpp"
#include "llm/model_list.hpp"

/// Whatever a backend lists, what is passed on is valid JSON that names the same models.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto page = llm::parse_model_list({reinterpret_cast<const char*>(bytes), size});
  if (!page) return 0;
  for (const llm::ListedModel& model : page->models) {
    const std::string json = llm::model_json(model, "backend");
    const auto again = llm::parse_model_list('[' + json + ']');
    const bool same = json::validate(json).has_value() && again && again->models.size() == 1 &&
                      again->models[0].id == model.id &&
                      llm::model_json(again->models[0], "other") == json;
    if (!same) std::abort();
  }
  return 0;
}
