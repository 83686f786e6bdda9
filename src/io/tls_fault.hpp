#pragma once

#include <string>

namespace io {

/// Why a TLS handshake failed, for the operator: a fixed word that programs may look for
/// (`expired`, `not yet valid`, `wrong host`, `self-signed`, `unknown authority`, `revoked`, `no
/// revocation list`, `untrusted`; `protocol too old`, `not TLS`, `certificate wanted`, `handshake
/// failed`), then OpenSSL's own text in brackets. Of what OpenSSL says of the certificate
/// (X509_V_…) and of its last error (0: none, the peer has just gone).
std::string tls_refusal(long verified, unsigned long error);

}  // namespace io
