#include "config/backend_reader.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "config/header_rules.hpp"
#include "config/references.hpp"
#include "config/tls_reader.hpp"

namespace config {
namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestModel = 256;
constexpr std::size_t kShortestMasked = 8;

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

/// Names travel in logs, in metric labels and in paths.
bool is_backend_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && !has_control(name) &&
         !name.contains('/') && !name.starts_with(' ') && !name.ends_with(' ');
}

bool is_model(const Node& id) {
  return id.kind == Node::Kind::text && !id.text.empty() && id.text.size() <= kLongestModel &&
         !has_control(id.text);
}

class BackendReader {
 public:
  BackendReader(const Section& backend, Reading& reading, const Timeouts& defaults)
      : section_(backend), reading_(reading) {
    backend_.timeouts = defaults;
  }

  Backend read() {
    read_name();
    read_url();
    if (const auto tls = section_.section("tls", Group::backend_tls)) {
      read_backend_tls(*tls, backend_.tls);
      if (!backend_.url.host.empty() && !backend_.url.tls) {
        section_.invalid("tls", "is set, but the `url` is not https");
      }
    }
    if (const auto auth = section_.section("auth", Group::auth)) {
      backend_.auth = read_auth(*auth, reading_, backend_.masked);
    }
    read_kind();
    read_models();
    read_rename();
    if (const Node* headers = section_.mapping("headers")) read_headers(*headers);
    if (const auto timeouts = section_.section("timeouts", Group::backend_timeouts)) {
      read_backend_timeouts(*timeouts, backend_.timeouts);
    }
    sort_masked();
    return std::move(backend_);
  }

 private:
  void read_name() {
    if (section_.find("name") == nullptr) section_.missing("name");
    const Node* name = section_.text("name");
    if (name == nullptr) return;
    if (!is_backend_name(name->text)) return section_.invalid("name", "is not valid");
    backend_.name = name->text;
  }

  void read_url() {
    if (section_.find("url") == nullptr) section_.missing("url");
    const Node* url = section_.text("url");
    if (url == nullptr) return;
    const auto text =
        expand(url->text, reading_.secrets, section_.path("url"), url->at, reading_.findings);
    if (!text) return;
    auto parsed = http::parse_url(text->text);
    if (!parsed) return section_.invalid("url", "is not valid: " + parsed.error());
    backend_.url = *std::move(parsed);
  }

  void read_kind() {
    std::array<std::string_view, llm::kBackendKinds.size()> names;
    std::ranges::transform(llm::kBackendKinds, names.begin(),
                           [](const auto& k) { return k.second; });
    if (const auto kind = section_.choice("kind", names)) {
      backend_.kind = llm::kBackendKinds.at(*kind).first;
    }
  }

  void read_models() {
    const Node* models = section_.list("models");
    if (models == nullptr) return;
    if (models->items.empty()) return section_.invalid("models", "is empty");
    std::unordered_set<std::string_view> seen;
    for (const Node* model : models->items) {
      if (!is_model(*model)) {
        reading_.findings.error(model->at,
                                "a model id is not valid; expected a text of 1 to 256 bytes");
      } else if (!seen.insert(model->text).second) {
        reading_.findings.error(model->at, "a model id stands twice in this list");
      } else {
        backend_.models.push_back(model->text);
      }
    }
  }

  void read_rename() {
    const Node* rename = section_.mapping("rename");
    if (rename == nullptr) return;
    if (rename->members.empty()) return section_.invalid("rename", "is empty");
    std::unordered_set<std::string_view> given;
    for (const auto& [id, name] : rename->members) {
      const Position at = name->kind == Node::Kind::null ? id->at : name->at;
      if (!is_model(*id)) {
        reading_.findings.error(id->at,
                                "a model id is not valid; expected a text of 1 to 256 bytes");
      } else if (!is_model(*name)) {
        reading_.findings.error(
            at, "a model's new name is not valid; expected a text of 1 to 256 bytes");
      } else if (!given.insert(name->text).second) {
        reading_.findings.error(at, "two models have this new name; expected another");
      } else if (!backend_.rename.emplace(id->text, name->text).second) {
        reading_.findings.error(id->at, "a model id that stands twice in this mapping");
      }
    }
    check_rename_against_models(*rename);
  }

  /// With a fixed list it is known which ids there are.
  void check_rename_against_models(const Node& rename) {
    const std::unordered_set<std::string_view> models(backend_.models.begin(),
                                                      backend_.models.end());
    if (models.empty()) return;
    for (const auto& [id, name] : rename.members) {
      if (id->kind != Node::Kind::text || name->kind != Node::Kind::text) continue;
      if (!models.contains(id->text)) {
        reading_.findings.error(id->at, "a model id that isn't in `models`; expected one of them");
      } else if (models.contains(name->text) && !backend_.rename.contains(name->text)) {
        reading_.findings.error(name->at,
                                "a new name that another model in `models` has; expected another");
      }
    }
  }

  void read_headers(const Node& headers) {
    std::unordered_set<std::string> seen;
    for (const auto& [name, value] : headers.members) {
      if (name->kind != Node::Kind::text || !is_header_name(name->text)) {
        reading_.findings.error(name->at, "not a header name; expected one such as X-Title");
      } else if (is_reserved_header(name->text)) {
        reading_.findings.error(name->at,
                                "a header that the router writes itself; expected another");
      } else if (!seen.insert(lower_case(name->text)).second) {
        reading_.findings.error(name->at, "a header that stands twice in this mapping");
      } else if (lower_case(name->text) == lower_case(backend_.auth.header)) {
        reading_.findings.error(name->at, "a header that `auth` sets already; expected another");
      } else {
        read_header(name->text, *value, value->kind == Node::Kind::null ? name->at : value->at);
      }
    }
  }

  void read_header(const std::string& name, const Node& value, Position at) {
    if (value.kind != Node::Kind::text) {
      return reading_.findings.error(
          at, "a header " + std::string(describe(value.kind)) + "; expected a text for its value");
    }
    auto expanded =
        expand(value.text, reading_.secrets, section_.path("headers"), at, reading_.findings);
    if (!expanded) return;
    if (!is_header_value(expanded->text)) {
      return reading_.findings.error(at,
                                     "a header's value is empty, begins or ends with a space, or "
                                     "holds control characters");
    }
    const bool secret = !expanded->literal || is_credential_header(name);
    if (secret) backend_.masked.emplace_back(expanded->text);
    if (secret && expanded->literal) reading_.literal_secrets = true;
    backend_.headers.emplace_back(name, Secret(std::move(expanded->text)));
  }

  void sort_masked() {
    std::erase_if(backend_.masked,
                  [](const Secret& secret) { return secret.reveal().size() < kShortestMasked; });
    std::ranges::sort(backend_.masked, std::ranges::greater{},
                      [](const Secret& secret) { return secret.reveal().size(); });
  }

  const Section& section_;
  Reading& reading_;
  Backend backend_;
};

}  // namespace

void read_backend_timeouts(const Section& section, Timeouts& timeouts) {
  section.read_duration("connect", timeouts.connect);
  section.read_duration("tls", timeouts.tls);
  section.read_duration("first_token", timeouts.first_token);
  section.read_duration("idle", timeouts.idle);
  section.read_duration("total", timeouts.total);
  section.read_duration("backend_keep_alive", timeouts.backend_keep_alive);
}

std::vector<Backend> read_backends(const Section& root, const Timeouts& defaults,
                                   Reading& reading) {
  std::vector<Backend> backends;
  const Node* list = root.list("backends");
  if (list == nullptr) return backends;
  std::unordered_map<std::string, int> lines;  // name -> line
  for (const Node* item : list->items) {
    if (item->kind != Node::Kind::mapping) {
      reading.findings.error(item->at, "a backend " + std::string(describe(item->kind)) +
                                           "; expected a mapping with `name` and `url`");
      continue;
    }
    const Section section(*item, Group::backend, reading.findings);
    Backend backend = BackendReader(section, reading, defaults).read();
    const int line = section.place("name").line;
    const auto [first, is_new] = lines.try_emplace(backend.name, line);
    if (!is_new && !backend.name.empty()) {
      reading.findings.error(section.place("name"),
                             "`backends[].name` is taken by the backend on line " +
                                 std::to_string(first->second) + "; expected another name");
    }
    backends.push_back(std::move(backend));
  }
  return backends;
}

}  // namespace config
