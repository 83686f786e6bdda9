#include "server/server.hpp"

#include <algorithm>
#include <csignal>
#include <random>
#include <ranges>
#include <stdexcept>

#include "server/cores.hpp"

namespace server {
namespace {

constexpr int kMostWorkersByDefault = 4;
// Kept free of clients: listeners, logs, epoll, discovery.
constexpr unsigned long kReservedFiles = 64;
constexpr std::chrono::seconds kFlushLimit{1};

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

std::size_t max_connections(const config::Config& config) {
  const unsigned long files = raise_file_limit();
  // Each client may need a connection to a backend.
  const std::size_t by_files = files > 2 * kReservedFiles ? (files - kReservedFiles) / 2 : 1;
  return config.limits.connections.value_or(by_files);
}

proxy::AccessLog::Options access_options(const config::Log& log) {
  using Target = proxy::AccessLog::Target;
  proxy::AccessLog::Options options;
  options.target = log.access == config::AccessSink::off    ? Target::off
                   : log.access == config::AccessSink::file ? Target::file
                                                            : Target::standard_output;
  options.file = log.access_file;
  options.format =
      log.format == config::LogFormat::json ? base::LogFormat::json : base::LogFormat::text;
  return options;
}

/// Null for a backend that is trusted as all others are.
std::shared_ptr<const io::TlsContext> trust_of(const config::Backend& backend, base::Log& log) {
  const config::BackendTls& tls = backend.tls;
  if (!tls.verify) {
    log.warn(
        "the backend's certificate is NOT VERIFIED: whoever is on the way can read and change what "
        "is sent, credentials included; name its authority in `tls.ca` instead of `verify: false`",
        {{"backend", backend.name}});
  }
  if (tls.ca.empty() && tls.verify && tls.certificate.empty()) return nullptr;
  try {
    return std::make_shared<const io::TlsContext>(
        io::TlsTrust{tls.ca, tls.verify, tls.certificate, tls.key});
  } catch (const std::runtime_error& error) {
    throw std::runtime_error("backend " + backend.name + ": " + error.what());
  }
}

std::vector<upstream::EndpointPtr> make_endpoints(const config::Config& config, base::Log& log) {
  std::vector<upstream::EndpointPtr> endpoints;
  for (const config::Backend& backend : config.backends) {
    endpoints.push_back(
        std::make_shared<upstream::Endpoint>(backend, endpoints.size(), trust_of(backend, log)));
  }
  return endpoints;
}

}  // namespace

Server::Server(config::Config config, base::Log& log)
    : config_(std::move(config)),
      log_(log),
      max_connections_(max_connections(config_)),
      random_(random_seed()),
      signals_(loop_, {SIGTERM, SIGINT, SIGUSR1}),
      budget_(config_.limits.buffered),
      buffers_(budget_),
      keys_(config_.api_keys),
      accept_warning_(std::chrono::seconds(1)) {
  config_.api_keys.clear();  // from here on there are only their hashes
  if (std::ranges::any_of(config_.backends, [](const auto& b) { return b.url.tls; })) {
    tls_ = std::make_unique<io::TlsContext>();
  }
  auto access_log = proxy::AccessLog::open(access_options(config_.log), log);
  if (!access_log) throw std::runtime_error("the access log " + access_log.error().cause);
  access_log_ = *std::move(access_log);

  const int count = config_.workers.value_or(std::min(usable_cores(), kMostWorkersByDefault));
  for (int i = 0; i <= count; ++i) {
    metrics_.push_back(std::make_unique<metrics::WorkerMetrics>());
    metrics_views_.push_back(metrics_.back().get());
  }
  listen();

  const Shared shared{.log = log,
                      .config = config_,
                      .keys = keys_,
                      .responses = responses_,
                      .tls = tls_.get(),
                      .budget = budget_,
                      .ask_again = [this](upstream::Endpoint& endpoint) {
                        loop_.post([this, &endpoint] { discovery_->ask_again(endpoint); });
                      }};
  for (int i = 0; i < count; ++i) {
    workers_.push_back(std::make_unique<WorkerThread>(
        shared, *metrics_[static_cast<std::size_t>(i)], access_log_->worker(), random_seed()));
  }
  connector_ = std::make_unique<upstream::Connector>(loop_, buffers_, *metrics_.back(), tls_.get());
  discovery_ = std::make_unique<upstream::Discovery>(
      loop_, log, *connector_, make_endpoints(config_, log), config_.refresh_interval,
      random_seed(), [this](upstream::RoutingTablePtr table) { publish(std::move(table)); });
  admin_sources_ = std::make_unique<admin::Sources>(
      admin::Sources{*discovery_, metrics_views_, [this] { return facts(); }});
}

Server::~Server() = default;

void Server::publish(upstream::RoutingTablePtr table) {
  ready_ = !table->clusters.empty();
  for (const auto& worker : workers_)
    worker->publish(table);
}

metrics::RouterFacts Server::facts() const {
  std::uint64_t buffered = 0;
  for (const auto& worker : workers_)
    buffered += worker->buffered();
  return {.version = LLM_ROUTER_VERSION,
          .workers = workers_.size(),
          .ready = ready_,
          .draining = draining_,
          .buffered_bytes = buffered,
          .start_time_seconds = std::chrono::duration<double>(started_.time_since_epoch()).count(),
          .log_events_dropped = log_.dropped(),
          .access_log_lines_dropped = access_log_->dropped()};
}

WorkerThread& Server::least_busy() {
  return **std::ranges::min_element(workers_, {},
                                    [](const auto& worker) { return worker->connections(); });
}

std::size_t Server::open_connections() const {
  std::size_t open = 0;
  for (const auto& worker : workers_)
    open += worker->connections();
  return open;
}

int Server::run() {
  for (const auto& worker : workers_)
    worker->start();
  discovery_->start();
  loop_.spawn(heed_signals());
  std::string addresses;
  for (const auto& listening : listening_) {
    addresses.append(addresses.empty() ? "" : ", ");
    addresses.append(listening->acceptor->local().to_string());
    loop_.spawn(accept_clients(*listening));
  }
  if (std::ranges::any_of(listening_, [](const auto& each) { return each->tls != nullptr; })) {
    loop_.spawn(follow_certificates());
  }
  if (admin_acceptor_) loop_.spawn(accept_admins());
  log_.info("serving", {{"address", addresses},
                        {"backends", config_.backends.size()},
                        {"workers", workers_.size()},
                        {"version", LLM_ROUTER_VERSION}});
  loop_.run();
  for (const auto& worker : workers_)
    worker->stop();
  access_log_->flush(kFlushLimit);
  log_.flush(kFlushLimit);
  return 0;
}

}  // namespace server
