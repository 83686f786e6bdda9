#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "http/server_connection.hpp"
#include "llm/operations.hpp"
#include "proxy/worker.hpp"

namespace proxy {

/// One request of a client and what becomes of it. Lives in the frame of the coroutine that serves
/// the connection, from the head's arrival to the last byte of the answer; its end settles
/// everything, exactly once on every path: metrics and one line of the access log.
/// Worker-local.
class Exchange {
 public:
  /// `client` is the address to be logged; the connection outlives the exchange.
  Exchange(Worker& worker, http::ServerConnection& downstream, std::string_view peer);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Takes over from the head what outlives it: request id, method, path and the operation there,
  /// the client behind trusted proxies.
  void read_head(std::string_view path);
  /// There is no head to be read: it was refused.
  void headless();
  /// The model is known and routed: from here on the request counts for it.
  void routed_to(const upstream::Cluster& cluster);
  void sent_to(upstream::Endpoint& endpoint);
  void failed_with(const base::Error& error);
  /// The client has left, or takes nothing any more.
  void abandoned();

  /// Writes to the client; false if it has gone (noted). `body_bytes` of it count as answer.
  io::Task<bool> write(std::span<iovec> slices, std::size_t body_bytes);

  [[nodiscard]] std::string_view method() const { return method_; }
  /// In whose form the router's own words are: the operation's, or that of the API which the client
  /// says to speak.
  [[nodiscard]] llm::Dialect dialect() const {
    return operation != nullptr ? operation->dialect : dialect_;
  }
  /// The last one tried; null before.
  [[nodiscard]] const upstream::Endpoint* endpoint() const { return endpoint_; }
  /// Of that one: what must not appear in an answer.
  [[nodiscard]] std::span<const std::string_view> secrets() const;
  /// The router has waited for this request as long as its drain allows.
  [[nodiscard]] bool is_out_of_drain() const { return now() >= worker.drain_deadline; }
  [[nodiscard]] base::Instant now() const { return worker.loop.now(); }
  /// The path of the call, as the API has it.
  [[nodiscard]] std::string_view api_path() const {
    return stored_path.empty() ? operation->path : stored_path;
  }
  /// What the answer's head must say about the connection, as a header line or nothing.
  [[nodiscard]] std::string_view connection_line() const;

  Worker& worker;
  http::ServerConnection& downstream;
  upstream::RoutingTablePtr table;  ///< kept until the end, as names in it are used
  std::unique_ptr<const upstream::Cluster> addressed;  ///< of a client that names a backend
  const llm::Operation* operation = nullptr;           ///< null for what the router answers itself

  std::string stored_path;  ///< of a stored response, in the place of the operation's path
  /// Set if the answer makes a response that this client may name later.
  std::optional<upstream::ResponseMemory::Client> client_hash;

  std::string id;
  int status = 0;
  int attempts = 0;
  std::uint64_t bytes_in = 0;
  bool streamed = false;
  bool close = false;  ///< the connection ends with this answer
  std::optional<base::Duration> connect_time;
  std::optional<base::Duration> first_byte;
  std::optional<base::Duration> first_event;
  base::Instant start;

 private:
  void finish();
  void end_without_answer();
  [[nodiscard]] std::string_view backend_name() const;

  base::WallClock::time_point wall_start_;
  std::string client_;
  std::string method_;
  std::string path_;
  llm::Dialect dialect_ = llm::Dialect::openai;
  std::string_view model_;
  const upstream::Endpoint* endpoint_ = nullptr;  // kept by the table
  std::optional<upstream::InFlight> in_flight_;
  std::optional<metrics::Raised> raised_;
  metrics::RequestCells* cells_;  // where it counts: first with the unrouted requests
  std::optional<base::ErrorCode> error_;
  std::uint64_t bytes_out_ = 0;
};

/// The error for what is_out_of_drain().
std::unexpected<base::Error> out_of_drain();

/// A new request id: 32 hexadecimal digits.
std::string random_request_id(base::Random& random);

/// The client's own request id if it is harmless in a log line and a header (1 to 128 characters of
/// letters, digits and `-_.:+=/@~`), else nothing.
std::optional<std::string_view> sane_request_id(std::string_view id);

/// The address of the client for a peer that is a trusted proxy: the last one in
/// `X-Forwarded-For` that isn't a trusted proxy itself; the peer if there is none.
std::string_view client_address(std::string_view peer, std::string_view forwarded_for,
                                std::span<const config::Cidr> trusted);

}  // namespace proxy
