#include "upstream/discovery.hpp"

#include <algorithm>

#include "upstream/list_request.hpp"
#include "upstream/recognise.hpp"
#include "upstream/table_builder.hpp"

namespace upstream {
namespace {

// A name that has come to lead elsewhere (rule U22).
constexpr std::chrono::seconds kResolveInterval{30};

}  // namespace

struct Discovery::Backend {
  Backend(io::Loop& loop, EndpointPtr e, base::Duration interval)
      : endpoint(std::move(e)), list(interval), alarm(loop) {}

  EndpointPtr endpoint;
  ModelList list;
  io::Alarm alarm;
  std::uint64_t failures = 0;
  bool asked = false;    ///< it has answered or failed at least once
  bool failing = false;  ///< the last refresh failed: the next failure is no news

  std::optional<llm::Recognised> known;
  base::Instant learnt = base::kNever;
  bool learning = false;

  [[nodiscard]] bool is_fixed() const { return !endpoint->config().models.empty(); }
  [[nodiscard]] std::optional<llm::BackendKind> kind() const {
    if (known) return known->kind;
    const config::Backend& backend = endpoint->config();
    return backend.kind ? backend.kind : llm::kind_of_host(backend.url.host);
  }
  [[nodiscard]] ListedBy listed() const {
    return {endpoint, &list.models(), kind() == llm::BackendKind::ollama};
  }
  /// It may turn out to be an Ollama, which knows its models by shorter names as well: until then
  /// it can't be said that there is no such model.
  [[nodiscard]] bool may_have_more_names() const {
    return learning && !kind() &&
           std::ranges::any_of(list.models(), [](const llm::ListedModel& model) {
             return model.id.ends_with(kOllamaDefaultTag);
           });
  }
};

Discovery::Discovery(io::Loop& loop, base::Log& log, Connector& connector,
                     std::vector<EndpointPtr> endpoints, base::Duration interval,
                     std::uint64_t seed, Publish publish)
    : loop_(loop),
      log_(log),
      connector_(connector),
      interval_(interval),
      random_(seed),
      publish_(std::move(publish)) {
  for (EndpointPtr& endpoint : endpoints) {
    backends_.push_back(std::make_unique<Backend>(loop, std::move(endpoint), interval));
  }
}

Discovery::~Discovery() = default;

void Discovery::start() {
  for (const auto& backend : backends_) {
    if (!backend->is_fixed()) continue;
    backend->list.on_list(fixed_list(backend->endpoint->config().models), loop_.now(),
                          random_.unit());
    backend->asked = true;
  }
  publish_table();
  for (const auto& backend : backends_) {
    loop_.spawn(backend->is_fixed() ? follow_name(*backend) : watch(*backend));
  }
}

io::Task<void> Discovery::watch(Backend& backend) {
  for (;;) {
    co_await refresh(backend);
    while (loop_.now() < backend.list.next_refresh()) {
      co_await backend.alarm.until(backend.list.next_refresh());
    }
  }
}

/// A backend whose list is fixed is asked neither for that nor for what it is, only for what a kind
/// that is set as well needs; its name is asked for.
io::Task<void> Discovery::follow_name(Backend& backend) {
  for (;;) {
    const auto patience = backend.endpoint->config().timeouts.connect;
    const auto found = co_await connector_.resolve(*backend.endpoint, {loop_.now() + patience});
    if (!found) {
      log_.warn("backend's name leads nowhere",
                {{"backend", backend.endpoint->name()}, {"reason", found.error().cause}});
    } else if (backend.endpoint->config().kind &&
               (!backend.known || loop_.now() - backend.learnt >= interval_)) {
      co_await learn(backend, !backend.known);
    }
    co_await io::sleep_until(loop_, loop_.now() + kResolveInterval);
  }
}

io::Task<void> Discovery::refresh(Backend& backend) {
  auto list = co_await request_models(loop_, connector_, *backend.endpoint);
  if (list) {
    take_list(backend, *std::move(list));
  } else {
    take_failure(backend, list.error());
  }
}

/// `anew`: what it is; else the state of its models alone.
io::Task<void> Discovery::learn(Backend& backend, bool anew) {
  if (backend.learning) co_return;
  backend.learning = true;
  Endpoint& endpoint = *backend.endpoint;
  auto begun = anew ? begin_recognition(endpoint, backend.list.models())
                    : llm::Recognition(*backend.known, may_probe(endpoint));
  auto known = co_await recognise(loop_, connector_, endpoint, std::move(begun));
  const bool awaited = backend.may_have_more_names();
  const auto before = backend.kind();
  backend.learning = false;
  backend.learnt = loop_.now();
  const bool first = !backend.known;
  backend.known = std::move(known);
  if (first || before != backend.kind()) {
    log_.info("backend recognised", {{"backend", endpoint.name()},
                                     {"kind", llm::to_string(backend.known->kind)},
                                     {"version", backend.known->version}});
  }
  if (awaited || before != backend.kind()) publish_table();
}

void Discovery::take_list(Backend& backend, std::vector<llm::ListedModel> list) {
  const std::string& name = backend.endpoint->name();
  const std::size_t listed = list.size();
  const auto outcome = backend.list.on_list(std::move(list), loop_.now(), random_.unit());
  if (!backend.asked || backend.failing || outcome.changed) {
    log_.info("models found", {{"backend", name}, {"models", backend.list.models().size()}});
  }
  if (outcome.suspect) {
    log_.warn("more than half of the models have vanished at once; kept until the next refresh",
              {{"backend", name}, {"listed", listed}, {"vanished", outcome.vanished}});
  }
  const bool news = outcome.changed || !backend.asked;
  const bool returned = !backend.known || !backend.known->certain || backend.failing;
  backend.asked = true;
  backend.failing = false;
  if (returned || backend.known->tells_state) loop_.spawn(learn(backend, returned));
  if (!news) return;
  warn_of_idle_renames(backend);
  publish_table();
}

void Discovery::warn_of_idle_renames(const Backend& backend) {
  for (const auto& [id, name] : backend.endpoint->config().rename) {
    if (std::ranges::binary_search(backend.list.models(), id, {}, &llm::ListedModel::id)) continue;
    log_.warn("`rename` names a model that the backend doesn't list",
              {{"backend", backend.endpoint->name()}, {"model", id}});
  }
}

void Discovery::take_failure(Backend& backend, const base::Error& error) {
  const std::string& name = backend.endpoint->name();
  const std::string& reason = error.cause.empty() ? error.message : error.cause;
  backend.list.on_failure(reason, loop_.now(), random_.unit());
  ++backend.failures;
  if (backend.failing) {
    log_.debug("backend still gives no model list", {{"backend", name}, {"reason", reason}});
  } else {
    log_.warn("backend gives no model list; asking again until it does",
              {{"backend", name}, {"reason", reason}});
  }
  backend.failing = true;
  if (std::exchange(backend.asked, true)) return;
  publish_table();  // perhaps every backend has been asked now
}

void Discovery::ask_again(const Endpoint& endpoint) {
  for (const auto& backend : backends_) {
    if (backend->endpoint.get() != &endpoint || backend->is_fixed()) continue;
    backend->list.on_model_missing(loop_.now());
    backend->alarm.ring();
  }
}

void Discovery::publish_table() {
  std::vector<ListedBy> lists;
  bool settled = true;
  for (const auto& backend : backends_) {
    lists.push_back(backend->listed());
    settled = settled && backend->asked && !backend->may_have_more_names();
  }
  publish_(build_table(lists, settled));
}

std::vector<EndpointStatus> Discovery::status() const {
  std::vector<EndpointStatus> all;
  for (const auto& backend : backends_) {
    EndpointStatus status{.name = backend->endpoint->name(),
                          .state = backend->list.state(loop_.now()),
                          .models = {},
                          .last_good = backend->list.last_good(),
                          .last_error = backend->list.last_error(),
                          .in_flight = backend->endpoint->in_flight.load(std::memory_order_relaxed),
                          .failures = backend->failures,
                          .kind = backend->kind(),
                          .version = {}};
    if (backend->known) status.version = backend->known->version;
    // A list from the configuration doesn't grow old.
    if (backend->is_fixed()) status.state = ListState::up;
    for (const ServedModel& served : served_models(backend->listed()))
      status.models.push_back(served.id);
    all.push_back(std::move(status));
  }
  return all;
}

std::vector<ModelNote> Discovery::notes(std::size_t backend) const {
  const Backend& from = *backends_.at(backend);
  const llm::Recognised known = from.known.value_or(llm::Recognised{});
  std::vector<ModelNote> notes;
  for (const auto& [model, id] : served_models(from.listed())) {
    const llm::ModelDetails details = known.details(*model);
    if (!details.empty()) notes.push_back({id, details});
  }
  return notes;
}

}  // namespace upstream
