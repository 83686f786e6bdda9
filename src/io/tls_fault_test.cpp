#include "io/tls_fault.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace io {
namespace {

TEST(TlsFault, CertificatesHaveTheirWords) {
  const auto word = [](long verified) {
    const std::string text = tls_refusal(verified, 0);
    return text.substr(0, text.find(" ("));
  };
  EXPECT_EQ(word(X509_V_ERR_CERT_HAS_EXPIRED), "expired");
  EXPECT_EQ(word(X509_V_ERR_CERT_NOT_YET_VALID), "not yet valid");
  EXPECT_EQ(word(X509_V_ERR_HOSTNAME_MISMATCH), "wrong host");
  EXPECT_EQ(word(X509_V_ERR_IP_ADDRESS_MISMATCH), "wrong host");
  EXPECT_EQ(word(X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT), "self-signed");
  EXPECT_EQ(word(X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN), "unknown authority");
  EXPECT_EQ(word(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY), "unknown authority");
  EXPECT_EQ(word(X509_V_ERR_CERT_REVOKED), "revoked");
  EXPECT_EQ(word(X509_V_ERR_UNABLE_TO_GET_CRL), "no revocation list");
  EXPECT_EQ(word(X509_V_ERR_INVALID_PURPOSE), "untrusted");
}

TEST(TlsFault, HandshakesHaveTheirWords) {
  const auto refusal = [](int reason) {
    return tls_refusal(X509_V_OK, ERR_PACK(ERR_LIB_SSL, 0, reason));
  };
  EXPECT_TRUE(refusal(SSL_R_TLSV1_ALERT_PROTOCOL_VERSION).starts_with("protocol too old ("));
  EXPECT_TRUE(refusal(SSL_R_UNSUPPORTED_PROTOCOL).starts_with("protocol too old ("));
  EXPECT_TRUE(refusal(SSL_R_WRONG_VERSION_NUMBER).starts_with("not TLS ("));
  EXPECT_TRUE(refusal(SSL_R_NO_SHARED_CIPHER).starts_with("handshake failed ("));
  EXPECT_EQ(tls_refusal(X509_V_OK, 0), "handshake failed (connection closed during the handshake)");
}

}  // namespace
}  // namespace io
