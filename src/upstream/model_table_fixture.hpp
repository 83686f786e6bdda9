#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "upstream/model_table.hpp"

// For the tests of ModelList only.

namespace upstream {

inline constexpr base::Duration kInterval = std::chrono::seconds(300);

inline std::vector<llm::ListedModel> entries(const std::vector<std::string>& ids) {
  std::vector<llm::ListedModel> models;
  for (const std::string& id : ids)
    models.push_back({id, "{\"id\":\"" + id + "\"}"});
  return models;
}

inline std::vector<std::string> numbered(int count) {
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i)
    ids.push_back("m" + std::to_string(100 + i));
  return ids;
}

/// One backend's list under a clock that only the test moves. The jitter is in the middle.
class ModelListTest : public testing::Test {
 protected:
  ModelList::Outcome answers(const std::vector<std::string>& ids) {
    return list.on_list(entries(ids), now, 0.5);
  }
  void fails() { list.on_failure("refused", now, 1.0); }
  void wait_for_refresh() { now = list.next_refresh(); }
  base::Duration wait() const { return list.next_refresh() - now; }
  std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    for (const auto& model : list.models())
      ids.push_back(model.id);
    return ids;
  }
  ListState state() const { return list.state(now); }

  base::Instant now = base::Instant(std::chrono::seconds(10'000));
  ModelList list{kInterval};
};

}  // namespace upstream
