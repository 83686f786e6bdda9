#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "io/tls.hpp"

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
  // Nobody is there to be asked for a password.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return -1; });
  require(SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) == 1, certificate);
  require(SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1, key);
  require(SSL_CTX_check_private_key(context) == 1, key);
}

/// What both sides have.
OwnedContext make_context(const SSL_METHOD* method) {
  OwnedContext context(SSL_CTX_new(method), SSL_CTX_free);
  if (context == nullptr) throw std::runtime_error("cannot set up TLS");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  return context;
}

/// RFC 7301, 3.2: a client that names protocols, and not ours, is told so.
int choose_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* in, unsigned int in_size, void* /*unused*/) {
  unsigned char* chosen = nullptr;
  const int found =
      SSL_select_next_proto(&chosen, out_size, kAlpn.data(), kAlpn.size(), in, in_size);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

TlsContext::TlsContext(const TlsTrust& trust) : context_(nullptr) {
  auto context = make_context(TLS_client_method());
  trust_authorities(context.get(), trust);
  if (!trust.certificate.empty()) load_certificate(context.get(), trust.certificate, trust.key);
  SSL_CTX_set_alpn_protos(context.get(), kAlpn.data(), kAlpn.size());
  SSL_CTX_set_session_cache_mode(context.get(),
                                 SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(context.get(), remember_session);
  context_ = context.release();
}

TlsContext::TlsContext(const TlsCertificate& own) : context_(nullptr) {
  auto context = make_context(TLS_server_method());
  load_certificate(context.get(), own.certificate, own.key);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  // Sessions are resumed by tickets, which the client keeps: nothing here is shared and locked.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  context_ = context.release();
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

}  // namespace io
