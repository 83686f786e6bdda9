#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/published.hpp"
#include "config/config.hpp"
#include "io/address.hpp"
#include "io/tls.hpp"

namespace upstream {

using Addresses = std::vector<io::Address>;

/// One backend: what the configuration says of it, and the live state that outlasts every swap of
/// the routing table. Shared by all threads: the configuration is immutable, the live state is
/// relaxed atomics and published snapshots. Owned by the registry; requests hold a reference.
class Endpoint : public std::enable_shared_from_this<Endpoint> {
 public:
  /// `tls` is for a backend with trust of its own; null: what all others use.
  Endpoint(config::Backend backend, std::size_t index,
           std::shared_ptr<const io::TlsContext> tls = nullptr);

  [[nodiscard]] const config::Backend& config() const { return backend_; }
  [[nodiscard]] const std::string& name() const { return backend_.name; }
  /// Position in every worker's connection pool.
  [[nodiscard]] std::size_t index() const { return index_; }

  [[nodiscard]] const io::TlsContext* tls() const { return tls_.get(); }
  /// Whom its certificate must name.
  [[nodiscard]] const std::string& tls_name() const {
    return backend_.tls.server_name.empty() ? backend_.url.host : backend_.tls.server_name;
  }

  /// Appends the path on the backend for a path of ours: `/v1/chat/completions` goes below the base
  /// that discovery has found, `/tokenize` below the URL's own path.
  void append_path(std::string& out, std::string_view path) const;
  /// Where the model list may be, the most likely place first.
  [[nodiscard]] const std::vector<std::string>& bases() const { return bases_; }
  [[nodiscard]] std::size_t base() const { return base_.load(std::memory_order_relaxed); }
  void choose_base(std::size_t index) { base_.store(index, std::memory_order_relaxed); }

  /// Header lines that every request to this backend carries: Host, credentials, configured ones.
  [[nodiscard]] const std::string& fixed_headers() const { return fixed_headers_; }
  /// The same for the model list, which Anthropic wants to be asked for in its own way.
  [[nodiscard]] const std::string& list_headers() const { return list_headers_; }
  /// Names of those, so that the client's own fields of that name are left out.
  [[nodiscard]] const std::vector<std::string_view>& fixed_names() const { return fixed_names_; }
  /// What must not appear in anything that goes to a client.
  [[nodiscard]] const std::vector<std::string_view>& secrets() const { return secrets_; }

  /// The addresses that the name resolved to last; null before the first time.
  [[nodiscard]] std::shared_ptr<const Addresses> addresses() const { return addresses_.load(); }
  void publish(Addresses addresses);
  /// Whether the first known address is private: decides the defaults of timeouts.
  [[nodiscard]] bool is_private() const { return private_.load(std::memory_order_relaxed); }

  /// Requests being served, over all workers.
  std::atomic<std::int64_t> in_flight = 0;

 private:
  config::Backend backend_;
  std::shared_ptr<const io::TlsContext> tls_;
  std::size_t index_;
  std::vector<std::string> bases_;
  std::atomic<std::size_t> base_ = 0;
  base::Published<Addresses> addresses_;
  std::atomic<bool> private_ = false;
  std::string fixed_headers_;
  std::string list_headers_;
  std::vector<std::string_view> fixed_names_;
  std::vector<std::string_view> secrets_;
};

using EndpointPtr = std::shared_ptr<Endpoint>;

/// Counts one request on an endpoint for as long as it lives.
class InFlight {
 public:
  explicit InFlight(Endpoint& endpoint) : endpoint_(&endpoint) {
    endpoint_->in_flight.fetch_add(1, std::memory_order_relaxed);
  }
  InFlight(InFlight&& other) noexcept : endpoint_(std::exchange(other.endpoint_, nullptr)) {}
  InFlight& operator=(InFlight&&) = delete;
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  ~InFlight() {
    if (endpoint_ != nullptr) endpoint_->in_flight.fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  Endpoint* endpoint_;
};

}  // namespace upstream
