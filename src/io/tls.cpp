#include "io/tls.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <stdexcept>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "io/tls_fault.hpp"

namespace io {
namespace {

constexpr std::array<unsigned char, 9> kAlpn = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

/// The callback that hands out TLS 1.3 tickets finds the keeper here.
int remember_session(SSL* ssl, SSL_SESSION* session) {
  auto* ticket = static_cast<TlsTicket*>(SSL_get_app_data(ssl));
  if (ticket == nullptr) return 0;
  // A copy: what later goes wrong on this connection, such as an end without close_notify, would
  // spoil the session that they share.
  ticket->keep(SSL_SESSION_dup(session));
  return 0;
}

using OwnedContext = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;

void require(bool done, const std::string& file) {
  if (done) return;
  const unsigned long error = ERR_peek_last_error();
  const char* const reason = ERR_SYSTEM_ERROR(error) ? std::strerror(ERR_GET_REASON(error))
                                                     : ERR_reason_error_string(error);
  const std::string text = reason != nullptr ? reason : "not a PEM file for this";
  ERR_clear_error();
  throw std::runtime_error("cannot use " + file + " for TLS: " + text);
}

/// A list that is there and not looked at would be worse than none.
void heed_revocation_lists(SSL_CTX* context) {
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  const auto* const objects = X509_STORE_get0_objects(store);
  for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i) {
    if (X509_OBJECT_get_type(sk_X509_OBJECT_value(objects, i)) != X509_LU_CRL) continue;
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return;
  }
}

void trust_authorities(SSL_CTX* context, const TlsTrust& trust) {
  SSL_CTX_set_verify(context, trust.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (trust.ca.empty()) {
    SSL_CTX_set_default_verify_paths(context);
    return;
  }
  require(SSL_CTX_load_verify_file(context, trust.ca.c_str()) == 1, trust.ca);
  heed_revocation_lists(context);
}

void load_certificate(SSL_CTX* context, const std::string& certificate, const std::string& key) {
  require(SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) == 1, certificate);
  require(SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1, key);
  require(SSL_CTX_check_private_key(context) == 1, key);
}

}  // namespace

TlsContext::TlsContext(const TlsTrust& trust) : context_(nullptr) {
  OwnedContext owned(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  context_ = owned.get();
  if (context_ == nullptr) throw std::runtime_error("cannot set up TLS");
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  trust_authorities(context_, trust);
  if (!trust.certificate.empty()) load_certificate(context_, trust.certificate, trust.key);
  SSL_CTX_set_alpn_protos(context_, kAlpn.data(), kAlpn.size());
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context_,
                                 SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(context_, remember_session);
  static_cast<void>(owned.release());
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

TlsTicket::~TlsTicket() {
  SSL_SESSION_free(session_);
}

void TlsTicket::keep(ssl_session_st* session) {
  SSL_SESSION_free(session_);
  session_ = session;
}

TlsSession::TlsSession(const TlsContext& context, int fd, const std::string& host,
                       TlsTicket* ticket)
    : ssl_(SSL_new(context.native())), ticket_(ticket) {
  if (ssl_ == nullptr) throw std::bad_alloc();
  SSL_set_fd(ssl_, fd);
  SSL_set_app_data(ssl_, ticket);
  X509_VERIFY_PARAM* verify = SSL_get0_param(ssl_);
  X509_VERIFY_PARAM_set_hostflags(
      verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  // An address is matched against the certificate's addresses, and is no SNI (RFC 6066, 3).
  if (X509_VERIFY_PARAM_set1_ip_asc(verify, host.c_str()) != 1) {
    X509_VERIFY_PARAM_set1_host(verify, host.c_str(), host.size());
    SSL_set_tlsext_host_name(ssl_, host.c_str());
  }
  if (ticket_ != nullptr && ticket_->session() != nullptr) {
    SSL_set_session(ssl_, ticket_->session());
  }
  SSL_set_connect_state(ssl_);
}

TlsSession::~TlsSession() {
  // Else SSL_free() takes a connection that was just closed for an attack, and the ticket can't be
  // used (SSL_set_shutdown(3)).
  SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl_);
}

Outcome TlsSession::outcome_of(int result, Descriptor& descriptor, Interest& needed) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      needed = Interest::read;
      descriptor.exhausted();
      return Outcome::again;
    case SSL_ERROR_WANT_WRITE:
      needed = Interest::write;
      descriptor.filled();
      return Outcome::again;
    case SSL_ERROR_ZERO_RETURN:
      return Outcome::end;
    default:
      return Outcome::reset;
  }
}

Task<Outcome> TlsSession::handshake(Descriptor& descriptor, Guard guard) {
  for (;;) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_);
    if (result == 1) co_return Outcome::ok;
    Interest needed = Interest::read;
    if (outcome_of(result, descriptor, needed) != Outcome::again) break;
    const Wake wake = co_await Wait(descriptor, needed, guard);
    if (wake == Wake::departed) co_return Outcome::departed;
    if (wake == Wake::deadline) co_return Outcome::deadline;
  }
  // What would be wrong with the certificate isn't why, if nobody looks at it.
  const bool verifies = SSL_get_verify_mode(ssl_) != SSL_VERIFY_NONE;
  reason_ = tls_refusal(verifies ? SSL_get_verify_result(ssl_) : X509_V_OK, ERR_peek_last_error());
  ERR_clear_error();
  co_return Outcome::reset;
}

Transfer TlsSession::try_read(Descriptor& descriptor, std::span<char> into) {
  ERR_clear_error();
  const int size = static_cast<int>(std::min<std::size_t>(into.size(), INT_MAX));
  const int n = SSL_read(ssl_, into.data(), size);
  if (n > 0) return {static_cast<std::size_t>(n), Outcome::ok};
  return {0, outcome_of(n, descriptor, read_needs_)};
}

Transfer TlsSession::try_write(Descriptor& descriptor, std::span<const iovec> slices) {
  std::size_t written = 0;
  for (const iovec& slice : slices) {
    if (slice.iov_len == 0) continue;
    ERR_clear_error();
    const int size = static_cast<int>(std::min<std::size_t>(slice.iov_len, INT_MAX));
    const int n = SSL_write(ssl_, slice.iov_base, size);
    if (n <= 0) {
      const Outcome outcome = outcome_of(n, descriptor, write_needs_);
      if (written > 0 && outcome == Outcome::again) break;
      return {written, outcome};
    }
    written += static_cast<std::size_t>(n);
    if (static_cast<std::size_t>(n) < slice.iov_len) break;
  }
  return {written, Outcome::ok};
}

void TlsSession::shutdown() {
  ERR_clear_error();
  SSL_shutdown(ssl_);
}

Interest TlsSession::interest(Interest wanted) const {
  if (wanted == Interest::read) return read_needs_;
  if (wanted == Interest::write) return write_needs_;
  return Interest::either;
}

}  // namespace io
