#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/random.hpp"
#include "io/alarm.hpp"
#include "llm/recognition.hpp"
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
  std::optional<llm::BackendKind> kind;  ///< nullopt until it is known
  std::string_view version;              ///< of its program; empty if it doesn't tell
};

/// What a backend tells of one of its models.
struct ModelNote {
  std::string_view id;
  llm::ModelDetails details;
};

/// Finds out which models each backend serves, and builds the routing table. One coroutine per
/// backend, so that a dead or slow one delays nobody; model_table.hpp says when to ask and what to
/// believe. What a backend is (recognise.hpp) is found out beside that, once it gives a list and
/// whenever it is back; only the state of its models is asked for with each list. Belongs to the
/// control thread; owned by the server, which stops the loop first.
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
  /// Of status()[backend]: the models of which anything is known.
  [[nodiscard]] std::vector<ModelNote> notes(std::size_t backend) const;

 private:
  struct Backend;

  io::Task<void> watch(Backend& backend);
  io::Task<void> follow_name(Backend& backend);
  io::Task<void> refresh(Backend& backend);
  io::Task<void> learn(Backend& backend, bool anew);
  void take_list(Backend& backend, std::vector<llm::ListedModel> list);
  void take_failure(Backend& backend, const base::Error& error);
  void warn_of_idle_renames(const Backend& backend);
  void publish_table();

  io::Loop& loop_;
  base::Log& log_;
  Connector& connector_;
  base::Duration interval_;
  base::Random random_;
  Publish publish_;
  std::vector<std::unique_ptr<Backend>> backends_;
};

}  // namespace upstream
