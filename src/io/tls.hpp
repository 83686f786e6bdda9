#pragma once

#include <memory>
#include <span>
#include <string>

#include "io/stream.hpp"

struct ssl_ctx_st;
struct ssl_st;
struct ssl_session_st;

namespace io {

/// Whom a TLS client trusts, and as whom it comes. Paths of PEM files.
struct TlsTrust {
  std::string ca;  ///< authorities and, perhaps, their revocation lists; empty: the system's
  bool verify = true;
  std::string certificate;  ///< the client's own, with its key
  std::string key;
};

/// What a TLS server shows: paths of PEM files, the certificate with its intermediate authorities.
struct TlsCertificate {
  std::string certificate;
  std::string key;
};

/// What TLS clients, or a server's connections, share: authorities or certificate, TLS 1.2 and
/// later, ALPN http/1.1. Immutable after construction, shared by all workers (SSL_CTX is
/// thread-safe once set up).
class TlsContext {
 public:
  /// Throws std::runtime_error with the file and the reason; start-up only. Once the file of
  /// authorities holds a revocation list, each authority of a chain must have one (RFC 5280, 6.3).
  explicit TlsContext(const TlsTrust& trust = {});
  /// For a server. Throws as well; blocks for as long as the files take to be read.
  explicit TlsContext(const TlsCertificate& own);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  [[nodiscard]] ssl_ctx_st* native() const { return context_; }

 private:
  ssl_ctx_st* context_;
};

/// The last session of one server, kept so that the next handshake is short. Worker-local.
class TlsTicket {
 public:
  TlsTicket() = default;
  ~TlsTicket();
  TlsTicket(const TlsTicket&) = delete;
  TlsTicket& operator=(const TlsTicket&) = delete;

  [[nodiscard]] ssl_session_st* session() const { return session_; }
  void keep(ssl_session_st* session);

 private:
  ssl_session_st* session_ = nullptr;
};

/// TLS on one connection. Owned by its Stream.
class TlsSession {
 public:
  /// The server's side. The context may go before.
  TlsSession(const TlsContext& context, int fd);
  /// The client's side; the certificate must name `host` (RFC 9525) and lead to a known authority.
  TlsSession(const TlsContext& context, int fd, const std::string& host, TlsTicket* ticket);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// The handshake. ok, or reset with reason() saying why, the word of io/tls_fault.hpp first.
  Task<Outcome> handshake(Descriptor& descriptor, Guard guard);
  [[nodiscard]] const std::string& reason() const { return reason_; }

  /// Bytes are decrypted and wait to be read, of which the socket knows nothing any more.
  [[nodiscard]] bool has_input() const;
  /// Whether a read would give bytes, or the connection's end.
  bool input_arrived(Descriptor& descriptor);

  Transfer try_read(Descriptor& descriptor, std::span<char> into);
  Transfer try_write(Descriptor& descriptor, std::span<const iovec> slices);
  void shutdown();

  /// What the socket must offer for a read or write to go on: TLS may need the other direction.
  [[nodiscard]] Interest interest(Interest wanted) const;

 private:
  Outcome outcome_of(int result, Descriptor& descriptor, Interest& needed);

  ssl_st* ssl_;
  TlsTicket* ticket_;
  Interest read_needs_ = Interest::read;
  Interest write_needs_ = Interest::write;
  std::string reason_;
};

}  // namespace io
