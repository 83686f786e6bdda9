#include "upstream/endpoint.hpp"

namespace upstream {
namespace {

constexpr std::string_view kVersion = "/v1";

}  // namespace

Endpoint::Endpoint(config::Backend backend, std::size_t index,
                   std::shared_ptr<const io::TlsContext> tls)
    : backend_(std::move(backend)), tls_(std::move(tls)), index_(index) {
  // A bare host serves below /v1. A path of the user's own may already hold the version.
  const std::string& path = backend_.url.path;
  if (path.empty()) {
    bases_ = {std::string(kVersion)};
  } else {
    bases_ = {path, path + std::string(kVersion)};
  }

  fixed_headers_ = "Host: " + backend_.url.authority() + "\r\nAccept-Encoding: identity\r\n";
  const auto add = [&](const std::string& name, std::string_view value) {
    fixed_headers_.append(name).append(": ").append(value).append("\r\n");
    fixed_names_.push_back(name);
  };
  if (!backend_.auth.header.empty()) add(backend_.auth.header, backend_.auth.value.reveal());
  for (const auto& [name, value] : backend_.headers)
    add(name, value.reveal());
  for (const auto& secret : backend_.masked)
    secrets_.push_back(secret.reveal());
}

void Endpoint::append_path(std::string& out, std::string_view path) const {
  if (path.starts_with("/v1/")) {
    out.append(bases_[base()]).append(path.substr(kVersion.size()));
  } else {
    out.append(backend_.url.path).append(path);
  }
}

void Endpoint::publish(Addresses addresses) {
  private_.store(!addresses.empty() && addresses.front().is_private(), std::memory_order_relaxed);
  addresses_.publish(std::make_shared<const Addresses>(std::move(addresses)));
}

}  // namespace upstream
