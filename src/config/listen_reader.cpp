#include "config/listen_reader.hpp"

#include <algorithm>
#include <charconv>

#include "config/tls_reader.hpp"

namespace config {
namespace {

constexpr unsigned kMostMode = 0777;

/// The key's address; nullopt if there is none or, reported, a bad one.
std::optional<ListenAddress> read_address(const Section& section, std::string_view key,
                                          std::string_view default_host) {
  const Node* value = section.text(key);
  if (value == nullptr) return std::nullopt;
  auto address = parse_listen(value->text, default_host);
  if (!address) section.invalid(key, "is not valid");
  return address;
}

std::optional<ServedCertificate> read_certificate_of(const Section& section, Group group) {
  const auto tls = section.section("tls", group);
  if (!tls) return std::nullopt;
  ServedCertificate served;
  if (tls->find("certificate") == nullptr && tls->find("key") == nullptr) {
    tls->missing("certificate");
  }
  read_certificate(*tls, served.certificate, served.key);
  return served;
}

void read_mode(const Section& section, const ListenAddress& address, unsigned& out) {
  const Node* value = section.text("mode");
  if (value == nullptr) return;
  if (address.path.empty()) return section.invalid("mode", "is for unix sockets alone");
  unsigned mode = 0;
  const char* const end = value->text.data() + value->text.size();
  const auto [rest, error] = std::from_chars(value->text.data(), end, mode, 8);
  if (error != std::errc{} || rest != end || mode > kMostMode) {
    return section.invalid("mode", "is not valid");
  }
  out = mode;
}

std::optional<Listener> read_entry(const Section& entry) {
  if (entry.find("address") == nullptr) entry.missing("address");
  const auto address = read_address(entry, "address", "0.0.0.0");
  Listener listener{.address = address.value_or(ListenAddress{})};
  listener.tls = read_certificate_of(entry, Group::listener_tls);
  read_mode(entry, listener.address, listener.mode);
  if (!address) return std::nullopt;
  if (!address->path.empty() && listener.tls) {
    entry.invalid("tls", "is for TCP alone, and this is a unix socket");
  }
  return listener;
}

std::optional<Listener> read_item(const Section& root, const Node& item, Findings& findings) {
  if (item.kind == Node::Kind::mapping) return read_entry({item, Group::listener, findings});
  auto address = item.kind == Node::Kind::text ? parse_listen(item.text) : std::nullopt;
  if (address) return Listener{.address = *std::move(address)};
  findings.error(item.at, "`" + root.path("listen") + "` holds what is no address; expected " +
                              std::string(find_key(Group::listener, "address")->form.expected));
  return std::nullopt;
}

/// Port 0 is another one each time.
bool same_place(const ListenAddress& a, const ListenAddress& b) {
  return a == b && (a.port != 0 || !a.path.empty());
}

void read_list(const Section& root, const Node& list, Config& config, Findings& findings) {
  if (list.items.empty()) return root.invalid("listen", "is empty");
  std::vector<Listener> listeners;
  for (const Node* item : list.items) {
    auto listener = read_item(root, *item, findings);
    if (!listener) continue;
    const auto is_same = [&](const Listener& other) {
      return same_place(other.address, listener->address);
    };
    if (std::ranges::any_of(listeners, is_same)) {
      findings.error(item->at, "an address stands twice in `listen`");
    }
    listeners.push_back(*std::move(listener));
  }
  if (!listeners.empty()) config.listen = std::move(listeners);
}

void read_listen(const Section& root, Config& config, Findings& findings) {
  const Node* value = root.find("listen");
  if (value != nullptr && value->kind == Node::Kind::list) {
    read_list(root, *value, config, findings);
  } else if (auto address = read_address(root, "listen", "0.0.0.0")) {
    config.listen.front().address = *std::move(address);
  }
  config.tls = read_certificate_of(root, Group::served_tls);
  for (Listener& listener : config.listen) {
    if (!listener.tls && listener.address.path.empty()) listener.tls = config.tls;
  }
}

}  // namespace

void read_addresses(const Section& root, Config& config, Findings& findings) {
  read_listen(root, config, findings);
  const auto admin = root.section("admin", Group::admin);
  if (admin) {
    config.admin.listen_is_default = admin->find("listen") == nullptr;
    if (auto address = read_address(*admin, "listen", config.admin.listen.host)) {
      config.admin.listen = *std::move(address);
    }
  }
  const bool shared = std::ranges::any_of(config.listen, [&](const Listener& listener) {
    return same_place(listener.address, config.admin.listen);
  });
  if (!shared) return;
  const Position at =
      config.admin.listen_is_default ? root.place("listen") : admin->place("listen");
  findings.error(at, "`listen` and `admin.listen` are the same address; expected two");
}

}  // namespace config
