#include "io/tls.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "io/tls_fault.hpp"

namespace io {
namespace {

// A record's most (RFC 8446, 5.1).
constexpr std::size_t kRecord = 16384;

/// The bytes for one record: few slices are copied together, since each call of SSL_write() makes
/// a record and a system call of its own. To be repeated, a write must see the same bytes again,
/// which it does: callers repeat with the slices that are left.
std::string_view next_record(std::span<const iovec> slices, std::span<char, kRecord> joined) {
  while (!slices.empty() && slices.front().iov_len == 0)
    slices = slices.subspan(1);
  if (slices.empty()) return {};
  const std::string_view first(static_cast<const char*>(slices.front().iov_base),
                               slices.front().iov_len);
  if (slices.size() == 1 || first.size() >= kRecord) return first.substr(0, kRecord);
  std::size_t size = 0;
  for (const iovec& slice : slices) {
    const std::size_t piece = std::min(slice.iov_len, kRecord - size);
    std::copy_n(static_cast<const char*>(slice.iov_base), piece, joined.data() + size);
    size += piece;
  }
  return {joined.data(), size};
}

}  // namespace

TlsTicket::~TlsTicket() {
  SSL_SESSION_free(session_);
}

void TlsTicket::keep(ssl_session_st* session) {
  SSL_SESSION_free(session_);
  session_ = session;
}

TlsSession::TlsSession(const TlsContext& context, int fd)
    : ssl_(SSL_new(context.native())), ticket_(nullptr) {
  if (ssl_ == nullptr) throw std::bad_alloc();
  SSL_set_fd(ssl_, fd);
  SSL_set_accept_state(ssl_);
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
  std::array<char, kRecord> joined;
  const std::string_view record = next_record(slices, joined);
  if (record.empty()) return {0, Outcome::ok};
  ERR_clear_error();
  const int n = SSL_write(ssl_, record.data(), static_cast<int>(record.size()));
  if (n > 0) return {static_cast<std::size_t>(n), Outcome::ok};
  return {0, outcome_of(n, descriptor, write_needs_)};
}

bool TlsSession::has_input() const {
  return SSL_pending(ssl_) > 0;
}

bool TlsSession::input_arrived(Descriptor& descriptor) {
  ERR_clear_error();
  char byte = 0;
  const int n = SSL_peek(ssl_, &byte, 1);
  return n > 0 || outcome_of(n, descriptor, read_needs_) != Outcome::again;
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
