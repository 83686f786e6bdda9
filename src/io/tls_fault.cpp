#include "io/tls_fault.hpp"

#include <string_view>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace io {
namespace {

std::string_view word_of_certificate(long verified) {
  switch (verified) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "not yet valid";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "wrong host";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "self-signed";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "unknown authority";
    case X509_V_ERR_CERT_REVOKED:
      return "revoked";
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
      return "no revocation list";
    default:
      return "untrusted";
  }
}

std::string_view word_of_handshake(unsigned long error) {
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return "handshake failed";
  switch (ERR_GET_REASON(error)) {
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
      return "protocol too old";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
      return "not TLS";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
      return "certificate wanted";
    default:
      return "handshake failed";
  }
}

}  // namespace

std::string tls_refusal(long verified, unsigned long error) {
  if (verified != X509_V_OK) {
    std::string text(word_of_certificate(verified));
    return text.append(" (").append(X509_verify_cert_error_string(verified)).append(")");
  }
  if (error == 0) return "handshake failed (connection closed during the handshake)";
  const char* const reason = ERR_reason_error_string(error);
  std::string text(word_of_handshake(error));
  return text.append(" (").append(reason != nullptr ? reason : "TLS error").append(")");
}

}  // namespace io
