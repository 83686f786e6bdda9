#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/random.hpp"
#include "io/alarm.hpp"
#include "upstream/connector.hpp"
#include "upstream/model_table.hpp"
#include "upstream/routing_table.hpp"

namespace upstream {

/// What operators see of one backend.
struct EndpointStatus {
  std::string_view name;
  ListState state = ListState::pending;
  std::vector<std::string_view> models;
  base::Instant last_good = base::kNever;
  std::string_view last_error;
  std::int64_t in_flight = 0;
  std::uint64_t failures = 0;
};

/// Finds out which models each backend serves, and builds the routing table. One coroutine per
/// backend, so that a dead or slow one delays nobody; model_table.hpp says when to ask and what to
/// believe. Belongs to the control thread; owned by the server, which stops the loop first.
class Discovery {
 public:
  using Publish = std::function<void(RoutingTablePtr)>;

  /// `publish` is called with every new table, the first one at start().
  Discovery(io::Loop& loop, base::Log& log, Connector& connector,
            std::vector<EndpointPtr> endpoints, base::Duration interval, std::uint64_t seed,
            Publish publish);
  ~Discovery();
  Discovery(const Discovery&) = delete;
  Discovery& operator=(const Discovery&) = delete;

  void start();
  /// A backend has said that it hasn't got a model: its list is asked for again at once.
  void ask_again(const Endpoint& endpoint);

  [[nodiscard]] std::vector<EndpointStatus> status() const;

 private:
  struct Backend;

  io::Task<void> watch(Backend& backend);
  io::Task<void> follow_name(Backend& backend);
  io::Task<void> refresh(Backend& backend);
  void take_list(Backend& backend, std::vector<llm::ListedModel> list);
  void take_failure(Backend& backend, const base::Error& error);
  void publish_table();

  io::Loop& loop_;
  base::Log& log_;
  Connector& connector_;
  base::Random random_;
  Publish publish_;
  std::vector<std::unique_ptr<Backend>> backends_;
};

}  // namespace upstream
