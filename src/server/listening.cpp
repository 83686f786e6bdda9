#include "server/listening.hpp"

#include <algorithm>
#include <cstdlib>
#include <ranges>
#include <stdexcept>
#include <string_view>

#include <unistd.h>

#include "io/resolver.hpp"

namespace server {
namespace {

constexpr int kBacklog = 1024;
constexpr int kFirstInherited = 3;  // SD_LISTEN_FDS_START
constexpr int kMostInherited = 64;
constexpr std::string_view kAdminName = "admin";

io::Address address_of(const config::ListenAddress& listen) {
  if (!listen.path.empty()) return *io::Address::unix_socket(listen.path);
  // At start-up, on a machine's own names: a blocking look-up is in order.
  const auto addresses = io::look_up(listen.host, listen.port);
  if (!addresses) {
    throw std::runtime_error("cannot listen on " + listen.to_string() + ": " + addresses.error());
  }
  return addresses->front();
}

std::unique_ptr<ServedCertificate> certificate_of(
    const std::optional<config::ServedCertificate>& tls) {
  if (!tls) return nullptr;
  return std::make_unique<ServedCertificate>(io::TlsCertificate{tls->certificate, tls->key});
}

std::unique_ptr<io::Acceptor> required(
    std::expected<std::unique_ptr<io::Acceptor>, std::string> acceptor) {
  if (!acceptor) throw std::runtime_error(acceptor.error());
  return *std::move(acceptor);
}

/// `::` would take IPv4 as well, and so the port that an IPv4 address of the list needs.
bool leaves_ipv4_to_another(const io::Address& address, const std::vector<io::Address>& all) {
  return std::ranges::any_of(all, [&](const io::Address& other) {
    return other.family() == AF_INET && other.port() == address.port();
  });
}

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

int inherited_count() {
  const auto number = [](std::string_view text) {
    const bool digits = !text.empty() && text.size() < 10 &&
                        std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    return digits ? std::atoi(std::string(text).c_str()) : 0;
  };
  if (number(variable("LISTEN_PID")) != ::getpid()) return 0;
  return std::min(number(variable("LISTEN_FDS")), kMostInherited);
}

}  // namespace

Inherited take_inherited() {
  Inherited inherited;
  const int count = inherited_count();
  std::vector<std::string> names;
  for (const auto name : std::views::split(variable("LISTEN_FDNAMES"), ':'))
    names.emplace_back(std::string_view(name));
  for (int i = 0; i < count; ++i) {
    const bool is_admin = static_cast<std::size_t>(i) < names.size() &&
                          names[static_cast<std::size_t>(i)] == kAdminName;
    if (is_admin && !inherited.admin) {
      inherited.admin = kFirstInherited + i;
    } else {
      inherited.clients.push_back(kFirstInherited + i);
    }
  }
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
    ::unsetenv(name);
  return inherited;
}

std::vector<std::unique_ptr<Listening>> listen_for_clients(io::Loop& loop,
                                                           const config::Config& config,
                                                           const Inherited& inherited) {
  std::vector<std::unique_ptr<Listening>> all;
  for (const int fd : inherited.clients) {
    auto acceptor = required(io::Acceptor::inherit(loop, fd));
    const bool is_unix = acceptor->local().is_unix();
    all.push_back(std::make_unique<Listening>(
        Listening{std::move(acceptor), is_unix ? nullptr : certificate_of(config.tls)}));
  }
  if (!all.empty()) return all;

  std::vector<io::Address> addresses;
  for (const config::Listener& listener : config.listen)
    addresses.push_back(address_of(listener.address));
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const config::Listener& listener = config.listen[i];
    const io::Acceptor::Options options{.v6_only = leaves_ipv4_to_another(addresses[i], addresses),
                                        .mode = listener.mode};
    all.push_back(std::make_unique<Listening>(
        Listening{required(io::Acceptor::listen(loop, addresses[i], kBacklog, options)),
                  certificate_of(listener.tls)}));
  }
  return all;
}

std::expected<std::unique_ptr<io::Acceptor>, std::string> listen_for_admins(
    io::Loop& loop, const config::Config& config, const Inherited& inherited) {
  if (inherited.admin) return io::Acceptor::inherit(loop, *inherited.admin);
  return io::Acceptor::listen(loop, address_of(config.admin.listen), kBacklog);
}

}  // namespace server
