#include "upstream/endpoint.hpp"

#include "http/headers.hpp"

namespace upstream {
namespace {

constexpr std::string_view kVersion = "/v1";

bool is_anthropic(const config::Backend& backend) {
  const auto kind = backend.kind ? backend.kind : llm::kind_of_host(backend.url.host);
  return kind == llm::BackendKind::anthropic;
}

/// An API key goes to Anthropic as `x-api-key`. Its OAuth tokens, and what the user has set as a
/// header, go as they are.
std::string anthropic_list_headers(const config::Backend& backend) {
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view value = backend.auth.value.reveal();
  const bool is_key =
      backend.auth.kind == config::Auth::Kind::bearer && !value.starts_with("Bearer sk-ant-oat");
  std::string lines;
  const auto add = [&](std::string_view name, std::string_view text) {
    lines.append(name).append(": ").append(text).append("\r\n");
  };
  if (is_key) {
    add("x-api-key", value.substr(kBearer.size()));
  } else if (!backend.auth.header.empty()) {
    add(backend.auth.header, value);
  }
  bool has_version = false;
  for (const auto& [name, text] : backend.headers) {
    add(name, text.reveal());
    has_version = has_version || http::equals_ignoring_case(name, "anthropic-version");
  }
  if (!has_version) add("anthropic-version", "2023-06-01");
  return lines;
}

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

  const std::string own = "Host: " + backend_.url.authority() + "\r\nAccept-Encoding: identity\r\n";
  fixed_headers_ = own;
  const auto add = [&](const std::string& name, std::string_view value) {
    fixed_headers_.append(name).append(": ").append(value).append("\r\n");
    fixed_names_.push_back(name);
  };
  if (!backend_.auth.header.empty()) add(backend_.auth.header, backend_.auth.value.reveal());
  for (const auto& [name, value] : backend_.headers)
    add(name, value.reveal());
  list_headers_ = is_anthropic(backend_) ? own + anthropic_list_headers(backend_) : fixed_headers_;
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
