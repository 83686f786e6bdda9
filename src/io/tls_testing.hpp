#pragma once

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/scratch_directory.hpp"
#include "io/testing.hpp"

/// A TLS server for tests, with a certificate of its own making that TlsContext trusts.
namespace io::testing {

/// A self-signed certificate for 127.0.0.1. While it lives, OpenSSL's default authorities are it
/// alone: make it before the TlsContext.
class Certificate {
 public:
  Certificate() : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 3600);
    X509_set_version(certificate_, X509_VERSION_3);
    X509_set_pubkey(certificate_, key_);
    X509_NAME* const name = X509_get_subject_name(certificate_);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(certificate_, name);
    X509_EXTENSION* const names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(certificate_, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate_, key_, EVP_sha256());

    FILE* const file = std::fopen(directory_.file("ca.pem").c_str(), "w");
    PEM_write_X509(file, certificate_);
    std::fclose(file);
    ::setenv("SSL_CERT_FILE", directory_.file("ca.pem").c_str(), 1);
  }
  ~Certificate() {
    ::unsetenv("SSL_CERT_FILE");
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  void use_in(SSL_CTX* context) const {
    SSL_CTX_use_certificate(context, certificate_);
    SSL_CTX_use_PrivateKey(context, key_);
  }

 private:
  base::ScratchDirectory directory_;
  EVP_PKEY* key_;
  X509* certificate_;
};

/// Accepts one connection after the other on a thread of its own, until it is destroyed, and gives
/// each to `talk` after the handshake.
class TlsServer {
 public:
  using Talk = std::function<void(SSL*)>;

  TlsServer(const Certificate& certificate, Talk talk)
      : talk_(std::move(talk)), context_(SSL_CTX_new(TLS_server_method())) {
    certificate.use_in(context_);
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to clients that have gone
    thread_ = std::thread([this] { serve(); });
  }
  ~TlsServer() {
    listener_.shut_down();
    thread_.join();
    SSL_CTX_free(context_);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return listener_.port(); }

  /// Up to and with `mark`; for use in `talk`.
  static std::string read_until(SSL* ssl, std::string_view mark) {
    std::string out;
    for (char c = 0; !out.ends_with(mark) && SSL_read(ssl, &c, 1) == 1;)
      out.push_back(c);
    return out;
  }
  static std::size_t read_count(SSL* ssl, std::size_t size) {
    std::string piece(65536, '\0');
    std::size_t have = 0;
    while (have < size) {
      const int n = SSL_read(ssl, piece.data(), static_cast<int>(piece.size()));
      if (n <= 0) break;
      have += static_cast<std::size_t>(n);
    }
    return have;
  }
  static void write(SSL* ssl, std::string_view text) {
    SSL_write(ssl, text.data(), static_cast<int>(text.size()));
  }

 private:
  void serve() {
    for (;;) {
      const Peer peer = listener_.accept();
      if (peer.fd() < 0) return;
      SSL* const ssl = SSL_new(context_);
      SSL_set_fd(ssl, peer.fd());
      if (SSL_accept(ssl) == 1) {
        talk_(ssl);
        SSL_shutdown(ssl);
      }
      SSL_free(ssl);
    }
  }

  Talk talk_;
  SSL_CTX* context_;
  Listener listener_;
  std::thread thread_;
};

}  // namespace io::testing
