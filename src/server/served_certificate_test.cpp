#include "server/served_certificate.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/scratch_directory.hpp"

namespace server {
namespace {

class ServedCertificateTest : public ::testing::Test {
 protected:
  ServedCertificateTest() { write_pair(); }

  /// A certificate and its key, new each time, put in the place of the files.
  void write_pair() {
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    replace(files.certificate, [&](FILE* file) { PEM_write_X509(file, certificate); });
    replace(files.key, [&](FILE* file) {
      PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    });
    X509_free(certificate);
    EVP_PKEY_free(key);
  }

  void replace(const std::string& path, const auto& write) {
    const std::string fresh = directory.file("fresh");
    FILE* const file = std::fopen(fresh.c_str(), "w");
    write(file);
    std::fclose(file);
    std::filesystem::rename(fresh, path);
  }

  base::ScratchDirectory directory;
  io::TlsCertificate files{directory.file("cert.pem"), directory.file("key.pem")};
};

TEST_F(ServedCertificateTest, StaysWhileTheFilesDo) {
  ServedCertificate served(files);
  const auto first = served.current();
  EXPECT_EQ(served.refresh(), false);
  EXPECT_EQ(served.current(), first);
}

TEST_F(ServedCertificateTest, IsRenewedOnce) {
  ServedCertificate served(files);
  const auto first = served.current();
  write_pair();
  EXPECT_EQ(served.refresh(), true);
  EXPECT_NE(served.current(), first);
  EXPECT_EQ(served.refresh(), false);
}

TEST_F(ServedCertificateTest, ABadPairIsToldOnceAndTheOldOneStays) {
  ServedCertificate served(files);
  const auto first = served.current();
  std::filesystem::remove(files.key);
  const auto missing = served.refresh();
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().contains(files.key)) << missing.error();
  EXPECT_EQ(served.refresh(), false);
  EXPECT_EQ(served.current(), first);
  write_pair();
  EXPECT_EQ(served.refresh(), true);
}

}  // namespace
}  // namespace server
