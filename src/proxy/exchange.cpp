#include "proxy/exchange.hpp"

#include <algorithm>
#include <array>
#include <exception>

#include "llm/error_table.hpp"

namespace proxy {
namespace {

constexpr std::size_t kMaxRequestId = 128;
constexpr int kClientClosedStatus = 499;  // nginx's, never sent: nobody is left to be told

bool is_id_character(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  const bool digit = c >= '0' && c <= '9';
  return letter || digit || std::string_view("-_.:+=/@~").contains(c);
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t'))
    text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t'))
    text.remove_suffix(1);
  return text;
}

/// All lines as one list (RFC 9110 5.3): proxies may add a line of their own behind the client's.
std::string forwarded_for(const http::Headers& headers) {
  std::string list;
  for (const http::Header header : headers) {
    if (header.id != http::HeaderId::x_forwarded_for) continue;
    list.append(list.empty() ? "" : ",").append(header.value);
  }
  return list;
}

bool is_trusted(std::string_view ip, std::span<const config::Cidr> trusted) {
  return std::ranges::any_of(trusted, [ip](const auto& net) { return net.contains(ip); });
}

}  // namespace

std::string random_request_id(base::Random& random) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string id(32, '0');
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t bits = random.next();
    for (std::size_t i = 0; i < 16; ++i, bits >>= 4U)
      id[half * 16 + i] = kHex[bits & 15U];
  }
  return id;
}

std::optional<std::string_view> sane_request_id(std::string_view id) {
  if (id.empty() || id.size() > kMaxRequestId) return std::nullopt;
  if (!std::ranges::all_of(id, is_id_character)) return std::nullopt;
  return id;
}

std::string_view client_address(std::string_view peer, std::string_view forwarded_for,
                                std::span<const config::Cidr> trusted) {
  std::string_view client = peer;
  // From the right: each proxy appends whom it heard from, and only proxies we trust tell the
  // truth.
  while (is_trusted(client, trusted) && !forwarded_for.empty()) {
    const std::size_t comma = forwarded_for.rfind(',');
    const bool last = comma == std::string_view::npos;
    const std::string_view hop = trim(last ? forwarded_for : forwarded_for.substr(comma + 1));
    if (!config::parse_ip(hop)) return client;
    client = hop;
    forwarded_for = last ? std::string_view() : forwarded_for.substr(0, comma);
  }
  return client;
}

Exchange::Exchange(Worker& w, http::ServerConnection& connection, std::string_view peer)
    : worker(w),
      downstream(connection),
      table(w.table),
      close(w.draining),
      start(w.loop.now()),
      wall_start_(base::WallClock::now()),
      client_(peer),
      cells_(&w.metrics.unrouted()) {}

Exchange::~Exchange() {
  finish();
}

void Exchange::read_head(std::string_view path) {
  const http::RequestHead& head = downstream.head();
  const auto own = head.headers.find(http::HeaderId::x_request_id);
  const auto sane = own ? sane_request_id(*own) : std::nullopt;
  id = sane ? std::string(*sane) : random_request_id(worker.random);
  method_ = head.method;
  path_ = path;
  operation = llm::find_operation(path);
  if (operation == nullptr && head.headers.find(llm::kAnthropicVersion)) {
    dialect_ = llm::Dialect::anthropic;
  }
  close = close || !head.keep_alive;
  const auto& trusted = worker.config.trusted_proxies;
  if (trusted.empty()) return;
  client_ = std::string(client_address(client_, forwarded_for(head.headers), trusted));
}

std::unexpected<base::Error> out_of_drain() {
  return base::fail_internal(base::ErrorCode::router_draining, "The router is shutting down.");
}

void Exchange::headless() {
  close = true;
  id = random_request_id(worker.random);
}

void Exchange::routed_to(const upstream::Cluster& cluster) {
  model_ = cluster.model;
}

void Exchange::sent_to(upstream::Endpoint& endpoint) {
  ++attempts;
  endpoint_ = &endpoint;
  in_flight_.emplace(endpoint);
  cells_ = &worker.metrics.cells(model_, endpoint.name());
  raised_.emplace(cells_->in_flight);
}

std::span<const std::string_view> Exchange::secrets() const {
  if (endpoint_ == nullptr) return {};
  return endpoint_->secrets();
}

std::string_view Exchange::backend_name() const {
  return endpoint_ != nullptr ? std::string_view(endpoint_->name()) : std::string_view();
}

void Exchange::failed_with(const base::Error& error) {
  error_ = error.code;
  if (error.code == base::ErrorCode::client_closed) status = kClientClosedStatus;
  if (error.source == base::ErrorSource::downstream) return;
  worker.log.warn("request failed", {{"request_id", id},
                                     {"model", model_},
                                     {"backend", backend_name()},
                                     {"error_code", llm::facts(error.code).name},
                                     {"cause", error.cause.empty() ? error.message : error.cause}});
}

void Exchange::abandoned() {
  close = true;
  error_ = base::ErrorCode::client_closed;
  status = kClientClosedStatus;
}

io::Task<bool> Exchange::write(std::span<iovec> slices, std::size_t body_bytes) {
  if (downstream.write_now(slices) || co_await downstream.write(slices)) {
    bytes_out_ += body_bytes;
    co_return true;
  }
  abandoned();
  co_return false;
}

std::string_view Exchange::connection_line() const {
  const bool last = close || worker.draining || downstream.body_unread();
  return last ? "Connection: close\r\n" : std::string_view();
}

/// Nothing was sent: the request was cut off in the middle, by a want of memory or by the end of
/// the router's patience with its drain.
void Exchange::end_without_answer() {
  const bool failing = std::uncaught_exceptions() > 0;
  error_ = failing ? base::ErrorCode::internal_error : base::ErrorCode::client_closed;
  status = llm::facts(*error_).status;
}

void Exchange::finish() {
  if (status == 0) end_without_answer();
  const base::Duration total = base::Clock::now() - start;
  cells_->statuses.add(status);
  if (error_) cells_->errors.add(*error_);
  cells_->duration.observe(base::seconds(total));
  if (first_event) cells_->first_token.observe(base::seconds(*first_event));
  cells_->bytes_in.add(bytes_in);
  cells_->bytes_out.add(bytes_out_);

  AccessRecord record;
  record.time = wall_start_;
  record.request_id = id;
  record.client = client_;
  record.method = method_;
  record.path = path_;
  record.model = model_;
  record.backend = backend_name();
  if (error_) record.error_code = llm::facts(*error_).name;
  record.status = status;
  record.bytes_in = bytes_in;
  record.bytes_out = bytes_out_;
  record.connect = connect_time;
  record.first_byte = first_byte;
  record.total = total;
  record.streamed = streamed;
  worker.access_log.append(record);
}

}  // namespace proxy
