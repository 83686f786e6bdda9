#include "config/tls_reader.hpp"

#include <array>

namespace config {

std::optional<std::string> read_path(const Section& section, std::string_view key) {
  const Node* value = section.text(key);
  if (value == nullptr) return std::nullopt;
  if (value->text.empty() || value->text.contains('\0')) {
    section.invalid(key, "is not a path");
    return std::nullopt;
  }
  return value->text;
}

void read_certificate(const Section& section, std::string& certificate, std::string& key) {
  if (auto path = read_path(section, "certificate")) certificate = *std::move(path);
  if (auto path = read_path(section, "key")) key = *std::move(path);
  const bool has_certificate = section.find("certificate") != nullptr;
  const bool has_key = section.find("key") != nullptr;
  if (has_certificate && !has_key) section.missing("key");
  if (has_key && !has_certificate) section.missing("certificate");
}

void read_backend_tls(const Section& section, BackendTls& tls) {
  static constexpr auto kSwitch = std::to_array<std::string_view>({"false", "true"});
  if (auto path = read_path(section, "ca")) tls.ca = *std::move(path);
  if (const auto verify = section.choice("verify", kSwitch)) tls.verify = *verify == 1;
  if (const Node* name = section.text("server_name")) {
    if (is_host_name(name->text) || parse_ip(name->text)) {
      tls.server_name = name->text;
    } else {
      section.invalid("server_name", "is not valid");
    }
  }
  read_certificate(section, tls.certificate, tls.key);
}

}  // namespace config
