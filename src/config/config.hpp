#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/cidr.hpp"
#include "config/secret.hpp"
#include "http/url.hpp"
#include "llm/backend_kind.hpp"

/// The configuration as plain values, with the defaults that hold where the file is silent.
/// docs/configuration.md says what each key means to a user; load.hpp makes these from YAML.
///
/// Owner: whoever loaded it, as `shared_ptr<const Config>` once it is shared.
/// Thread: immutable after loading.
namespace config {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

struct ListenAddress {
  std::string host;        ///< an address or a name, IPv6 without brackets
  std::uint16_t port = 0;  ///< 0: the kernel picks one
  std::string path = {};   ///< of a unix socket; then there is neither host nor port

  [[nodiscard]] std::string to_string() const;
  /// 127.0.0.0/8, ::1, `localhost` or a unix socket: nobody outside this machine can connect.
  [[nodiscard]] bool is_loopback() const;

  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// A certificate to show to clients; paths of PEM files.
struct ServedCertificate {
  std::string certificate;
  std::string key;

  friend bool operator==(const ServedCertificate&, const ServedCertificate&) = default;
};

/// An address for clients.
struct Listener {
  ListenAddress address;
  std::optional<ServedCertificate> tls = {};
  unsigned mode = 0660;  ///< of a unix socket

  friend bool operator==(const Listener&, const Listener&) = default;
};

struct Admin {
  ListenAddress listen{"127.0.0.1", 9901};
  bool listen_is_default = true;  ///< then an address in use is a warning, not an error
};

struct Limits {
  std::size_t header_bytes = 32 * kKiB;  ///< request line and fields of a head
  std::size_t header_fields = 100;
  std::size_t body = 32 * kMiB;       ///< a request's body
  std::size_t event = 16 * kMiB;      ///< one SSE event
  std::size_t answer = 1 * kMiB;      ///< a plain answer collected and checked before its head goes
  std::size_t buffered = 512 * kMiB;  ///< all buffered bytes together; over it requests get 503
  std::optional<std::size_t> connections;  ///< unset: (RLIMIT_NOFILE - 64) / 2, at run time

  /// What `buffered` must be for one request as large as these limits allow, if it is alone:
  /// a body and an answer under way, or an event; a quarter more, by which blocks grow; and
  /// something for heads and for what idle workers keep.
  [[nodiscard]] std::size_t least_buffered() const {
    const std::size_t most = std::max(body + answer, event);
    return most + most / 4 + 4 * kMiB;
  }
};

/// What a backend doesn't override is the global value, already merged in.
struct Timeouts {
  // To a backend.
  milliseconds connect = 3s;
  milliseconds tls = 5s;  ///< the handshake alone
  /// From the request sent to the first event; unset: kFirstTokenPrivate or kFirstTokenPublic by
  /// the address that the name resolved to.
  std::optional<milliseconds> first_token;
  milliseconds idle = 60s;    ///< between events of a stream that has begun; comments don't count
  milliseconds total = 600s;  ///< a plain answer; a stream that makes progress has none
  /// An idle pooled connection; unset: kBackendKeepAlivePrivate (plain HTTP on a private address)
  /// or kBackendKeepAlivePublic.
  std::optional<milliseconds> backend_keep_alive;
  // To clients: the same for all backends.
  milliseconds header = 10s;    ///< a whole request head
  milliseconds body_gap = 60s;  ///< between two reads of a request body
  milliseconds keep_alive = 75s;
  // Of the process.
  milliseconds drain = 600s;
  milliseconds shutdown_delay = 0s;
};

inline constexpr milliseconds kFirstTokenPrivate = 600s;
inline constexpr milliseconds kFirstTokenPublic = 120s;
inline constexpr milliseconds kBackendKeepAlivePrivate = 4s;
inline constexpr milliseconds kBackendKeepAlivePublic = 55s;

struct Stream {
  milliseconds commit_after = 15s;      ///< how long the head waits for the first event
  milliseconds comment_interval = 15s;  ///< between comments from then to the first event
};

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, off };
inline constexpr auto kLogLevelNames =
    std::to_array<std::string_view>({"trace", "debug", "info", "warn", "error", "off"});
enum class LogFormat : std::uint8_t { json, text };
enum class AccessSink : std::uint8_t { off, standard_output, file };

struct Log {
  LogLevel level = LogLevel::info;  ///< LLM_ROUTER_LOG, then RUST_LOG, then the file
  LogFormat format = LogFormat::json;
  AccessSink access = AccessSink::standard_output;
  std::string access_file;  ///< for AccessSink::file
};

/// How the router proves itself to a backend, as one ready-made header field.
struct Auth {
  enum class Kind : std::uint8_t {
    none,
    bearer,   ///< `Authorization: Bearer …`
    basic,    ///< `Authorization: Basic …`
    header,   ///< a field of its own
    forward,  ///< the client's credentials travel on; `header` and `value` are empty
  };
  Kind kind = Kind::none;
  std::string header;
  Secret value;  ///< the whole field value, prefix included
};

/// What a backend's TLS differs in from the usual; paths of PEM files.
struct BackendTls {
  std::string ca;           ///< authorities, perhaps with revocation lists; empty: the system's
  bool verify = true;       ///< false: whoever answers is believed
  std::string server_name;  ///< whom the certificate must name; empty: the URL's host
  std::string certificate;  ///< the router's own, for backends that ask for one; with `key`
  std::string key;

  friend bool operator==(const BackendTls&, const BackendTls&) = default;
};

struct Backend {
  std::string name;
  http::Url url;
  BackendTls tls;
  Auth auth;
  std::optional<llm::BackendKind> kind;  ///< unset: the router finds out
  std::vector<std::string> models;       ///< not empty: a fixed list instead of discovery
  std::map<std::string, std::string, std::less<>> rename;  ///< its id of a model → clients'
  Timeouts timeouts;
  std::vector<std::pair<std::string, Secret>> headers;  ///< added to each request
  /// What must be blotted out of this backend's error bodies, longest first: token, password,
  /// encoded credentials, values of credential headers. Too short ones (< 8 bytes) are left out.
  std::vector<Secret> masked;
};

struct Config {
  std::vector<Backend> backends;
  milliseconds refresh_interval = 300s;
  std::vector<Listener> listen{{.address = {"0.0.0.0", 8080}}};  ///< never empty
  std::optional<ServedCertificate> tls;  ///< merged into `listen`; also for sockets of systemd's
  Admin admin;
  std::vector<Secret> api_keys;  ///< empty: clients need none
  std::optional<int> workers;    ///< unset: usable cores, at most 4, at run time
  Limits limits;
  Timeouts timeouts;
  Stream stream;
  Log log;
  std::vector<Cidr> trusted_proxies;
};

std::string_view to_string(LogLevel level);

/// A name as DNS has them, also with `_`; addresses look like one or have colons.
bool is_host_name(std::string_view host);

/// A level's name in any letter case; also the form of RUST_LOG: `warn,llm_router=debug`, where
/// what names this program wins and other targets are passed over.
std::optional<LogLevel> parse_log_level(std::string_view text);

/// `0.0.0.0:8080`, `[::1]:8080`, `localhost:8080`; `:8080` and `8080` are of the default host;
/// `unix:/run/llm-router.sock`.
std::optional<ListenAddress> parse_listen(std::string_view text,
                                          std::string_view default_host = "0.0.0.0");

}  // namespace config
