#include "server/served_certificate.hpp"

#include <stdexcept>

#include <sys/stat.h>

namespace server {

ServedCertificate::ServedCertificate(io::TlsCertificate files)
    : files_(std::move(files)),
      // Before they are read: a change in between is found by the next look.
      seen_(look()),
      current_(std::make_shared<const io::TlsContext>(files_)) {}

std::expected<bool, std::string> ServedCertificate::refresh() {
  const Looks now = look();
  if (now == seen_) return false;
  seen_ = now;
  try {
    current_ = std::make_shared<const io::TlsContext>(files_);
    return true;
  } catch (const std::runtime_error& error) {
    return std::unexpected(error.what());
  }
}

ServedCertificate::Looks ServedCertificate::look() const {
  const auto look_at = [](const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return Look{};
    return Look{status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec,
                status.st_mtim.tv_nsec};
  };
  return {look_at(files_.certificate), look_at(files_.key)};
}

}  // namespace server
