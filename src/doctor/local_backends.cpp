#include "doctor/local_backends.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>

#include "io/acceptor.hpp"
#include "upstream/list_request.hpp"
#include "upstream/recognise.hpp"

namespace doctor {
namespace {

using Use = LocalBackend::Use;

// Ollama, vLLM, llama.cpp and its second, LM Studio, SGLang, TGI.
constexpr auto kUsualPorts =
    std::to_array<std::uint16_t>({11434, 8000, 8080, 8081, 1234, 30000, 3000});
constexpr std::chrono::milliseconds kConnectPatience{500};
constexpr std::chrono::milliseconds kPatience{2000};
constexpr std::size_t kBufferBytes = 64 * config::kMiB;
constexpr std::size_t kModelsShown = 5;
constexpr int kPortsTried = 100;

bool in_container() {
  std::error_code ignored;
  return std::filesystem::exists("/.dockerenv", ignored) ||
         std::filesystem::exists("/run/.containerenv", ignored);
}

/// What a stranger says goes to a terminal: nothing in it may be obeyed.
std::string printable(std::string text) {
  std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return text;
}

config::Backend backend_at(const Place& place) {
  config::Backend backend;
  backend.url.host = place.host;
  backend.url.port = place.port;
  backend.timeouts.connect = kConnectPatience;
  return backend;
}

/// All that the coroutines refer to; the loop ends first.
class Search {
 public:
  explicit Search(std::span<const Place> places) : found_(places.size()), open_(places.size()) {
    for (const Place& place : places) {
      endpoints_.push_back(
          std::make_unique<upstream::Endpoint>(backend_at(place), endpoints_.size()));
    }
  }

  std::vector<LocalBackend> run() {
    if (endpoints_.empty()) return {};
    for (std::size_t i = 0; i < endpoints_.size(); ++i)
      loop_.spawn(ask(i));
    loop_.spawn(end_in_time());
    loop_.run();
    std::vector<LocalBackend> found;
    for (std::size_t i = 0; i < found_.size(); ++i) {
      const bool has_address = endpoints_[i]->addresses() != nullptr;
      if (found_[i] && has_address) found.push_back(*std::move(found_[i]));
    }
    return found;
  }

 private:
  io::Task<void> ask(std::size_t i) {
    co_await look(*endpoints_[i], found_[i]);
    if (--open_ == 0) loop_.stop();
  }

  io::Task<void> look(upstream::Endpoint& endpoint, std::optional<LocalBackend>& out) {
    out.emplace();  // what is said of a place that never answers
    out->url = "http://" + endpoint.config().url.authority();
    out->use = Use::no_list;
    out->reason = "no answer within 2 s";
    auto list = co_await upstream::request_models(loop_, connector_, endpoint);
    if (!list) {
      using enum base::ErrorCode;
      out->reason = printable(list.error().cause);
      const auto code = list.error().code;
      if (code == upstream_unreachable || code == upstream_timeout) out.reset();
      co_return;
    }
    out->use = Use::yes;
    for (const auto& model : *list)
      out->models.push_back(printable(model.id));
    auto begun = upstream::begin_recognition(endpoint, *list);
    auto known = co_await upstream::recognise(loop_, connector_, endpoint, std::move(begun));
    out->kind = known.kind;
    out->version = printable(std::move(known.version));
    if (known.kind == llm::BackendKind::llm_router) out->use = Use::another_router;
  }

  io::Task<void> end_in_time() {
    co_await io::sleep_until(loop_, loop_.now() + kPatience);
    loop_.stop();
  }

  io::Budget budget_{kBufferBytes};
  io::BufferPool buffers_{budget_};
  metrics::WorkerMetrics metrics_;
  io::Loop loop_;
  upstream::Connector connector_{loop_, buffers_, metrics_, nullptr};
  std::vector<std::unique_ptr<upstream::Endpoint>> endpoints_;
  std::vector<std::optional<LocalBackend>> found_;
  std::size_t open_;
};

void name_all(std::vector<LocalBackend>& found) {
  for (std::size_t i = 0; i < found.size(); ++i) {
    const bool known = found[i].kind != llm::BackendKind::openai;
    const std::string name(known ? llm::to_string(found[i].kind) : "local");
    const auto before = std::span(found).first(i);
    const auto same = std::ranges::count_if(before, [&](const LocalBackend& each) {
      return each.name == name || each.name.starts_with(name + "-");
    });
    found[i].name = same == 0 ? name : name + "-" + std::to_string(same + 1);
  }
}

std::string list_of(const std::vector<std::string>& models) {
  if (models.empty()) return "no models yet";
  std::string text =
      std::to_string(models.size()) + (models.size() == 1 ? " model: " : " models: ");
  for (std::size_t i = 0; i < std::min(models.size(), kModelsShown); ++i)
    text.append(i == 0 ? "" : ", ").append(models[i]);
  return models.size() > kModelsShown ? text + ", …" : text;
}

}  // namespace

std::vector<Place> usual_places() {
  std::vector<Place> places;
  for (const std::uint16_t port : kUsualPorts)
    places.push_back({"127.0.0.1", port});
  if (!in_container()) return places;
  for (const std::uint16_t port : kUsualPorts)
    places.push_back({"host.docker.internal", port});
  return places;
}

std::vector<LocalBackend> find_local_backends(std::span<const Place> places) {
  auto found = Search(places).run();
  name_all(found);
  return found;
}

bool can_serve(std::span<const LocalBackend> found) {
  return std::ranges::find(found, Use::yes, &LocalBackend::use) != found.end();
}

std::string configuration_of(std::span<const LocalBackend> found, std::uint16_t port) {
  std::string yaml = "listen: 127.0.0.1:" + std::to_string(port) + "\nbackends:\n";
  for (const LocalBackend& each : found) {
    if (each.use == Use::yes)
      yaml.append("  - name: ")
          .append(each.name)
          .append("\n    url: ")
          .append(each.url)
          .append("\n");
  }
  return yaml;
}

std::string describe(std::span<const LocalBackend> found) {
  std::string text;
  for (const LocalBackend& each : found) {
    switch (each.use) {
      case Use::yes:
        text.append("found ").append(llm::to_string(each.kind));
        if (!each.version.empty()) text.append(" ").append(each.version);
        text.append(" at ").append(each.url).append(" with ").append(list_of(each.models));
        break;
      case Use::another_router:
        text.append("not used: another llm-router at ").append(each.url);
        break;
      case Use::no_list:
        text.append("not used: ").append(each.url).append(" gives no list of models (");
        text.append(each.reason).append(")");
        break;
    }
    text.append("\n");
  }
  return text;
}

std::string nothing_found(std::span<const LocalBackend> found) {
  std::string text = describe(found) + "no configuration, and no backend at the usual ports (";
  for (const std::uint16_t port : kUsualPorts)
    text.append(port == kUsualPorts.front() ? "" : ", ").append(std::to_string(port));
  return text.append(") of this machine: start one, or write config.yaml, for example:\n")
      .append("backends:\n  - name: gpu-box\n    url: http://192.168.1.20:8000\n")
      .append("docs/configuration.md has all keys\n");
}

std::uint16_t free_port(std::uint16_t first) {
  io::Loop loop;
  for (int i = 0; i < kPortsTried; ++i) {
    const auto port = static_cast<std::uint16_t>(first + i);
    if (io::Acceptor::listen(loop, *io::Address::parse("127.0.0.1", port), 1)) return port;
  }
  return 0;
}

}  // namespace doctor
