#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include <sys/types.h>

#include "io/tls.hpp"

namespace server {

/// The certificate of a listener, taken anew when its files change. Belongs to the control thread;
/// what current() hands out is immutable and may outlive it.
class ServedCertificate {
 public:
  /// Throws std::runtime_error (start-up only) with the file and the reason.
  explicit ServedCertificate(io::TlsCertificate files);

  [[nodiscard]] const std::shared_ptr<const io::TlsContext>& current() const { return current_; }
  [[nodiscard]] const std::string& file() const { return files_.certificate; }

  /// Looks at the files. True: they have changed, and are used from now on. The error: they have
  /// changed and can't be used, the old ones stay; said once for each change.
  std::expected<bool, std::string> refresh();

 private:
  /// What tells one state of a file from the next: a file put in its place, or written over.
  struct Look {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;

    friend bool operator==(const Look&, const Look&) = default;
  };
  using Looks = std::array<Look, 2>;

  [[nodiscard]] Looks look() const;

  io::TlsCertificate files_;
  Looks seen_;
  std::shared_ptr<const io::TlsContext> current_;
};

}  // namespace server
