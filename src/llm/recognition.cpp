#include "llm/recognition.hpp"

#include <algorithm>
#include <utility>

#include "json/scan.hpp"
#include "json/walk.hpp"

namespace llm {
namespace {

constexpr int kOk = 200;
constexpr std::size_t kLongestVersion = 64;

json::Value parsed(std::string_view body) {
  return json::validate(body) ? json::root(body) : json::Value{};
}

/// A version goes into answers and logs: nothing but visible ASCII.
std::string version_of(const json::Value& object, std::string_view name) {
  const auto version = json::plain_string(json::find(object, name)).value_or("");
  const bool sane = version.size() <= kLongestVersion &&
                    std::ranges::all_of(version, [](char c) { return c > ' ' && c < '\x7f'; });
  return std::string(sane ? version : "");
}

std::span<const Probe> probes_for(BackendKind kind) {
  using enum Probe;
  static constexpr std::array kVllm = {version, is_sleeping};
  static constexpr std::array kSglang = {server_info};
  static constexpr std::array kLlamaCpp = {props};
  static constexpr std::array kOllama = {ollama_version, ollama_loaded};
  static constexpr std::array kLmStudio = {lm_studio_models};
  static constexpr std::array kTgi = {info};
  static constexpr std::array kTensorrt = {version};
  static constexpr std::array kRouter = {root};
  switch (kind) {
    case BackendKind::vllm:
      return kVllm;
    case BackendKind::sglang:
      return kSglang;
    case BackendKind::llama_cpp:
      return kLlamaCpp;
    case BackendKind::ollama:
      return kOllama;
    case BackendKind::lm_studio:
      return kLmStudio;
    case BackendKind::tgi:
      return kTgi;
    case BackendKind::tensorrt_llm:
      return kTensorrt;
    case BackendKind::llm_router:
      return kRouter;
    case BackendKind::llama_cpp_router:  // its list says everything
    case BackendKind::anthropic:
    case BackendKind::openai:
      break;
  }
  return {};
}

}  // namespace

std::string_view path_of(Probe probe) {
  switch (probe) {
    case Probe::root:
      return "/";
    case Probe::version:
      return "/version";
    case Probe::is_sleeping:
      return "/is_sleeping";
    case Probe::server_info:
      return "/server_info";
    case Probe::old_server_info:
      return "/get_server_info";
    case Probe::props:
      return "/props";
    case Probe::ollama_version:
      return "/api/version";
    case Probe::ollama_loaded:
      return "/api/ps";
    case Probe::lm_studio_models:
      return "/api/v0/models";
    case Probe::info:
      return "/info";
  }
  return "/";
}

ModelDetails Recognised::details(const ListedModel& model) const {
  ModelDetails details;
  const auto own = models.find(model.id);
  if (own != models.end()) {
    details = own->second;
  } else if (others_unloaded) {
    details.state = ModelState::unloaded;
  }
  return merged(merged(details, all), details_of_entry(model.json));
}

Recognition::Recognition(const Subject& subject)
    : hint_(kind_of_list(subject.models)), has_list_(!subject.models.empty()) {
  const auto known = subject.configured ? subject.configured : kind_of_host(subject.host);
  result_.certain = true;
  if (!subject.may_probe) {
    result_.kind = known ? *known : hint_.value_or(BackendKind::openai);
  } else if (known) {
    decide(*known);
  } else {
    ask(Probe::root);
  }
}

Recognition::Recognition(Recognised known, bool may_probe)
    : result_(std::move(known)), decided_(true) {
  result_.all.state = ModelState::unknown;
  result_.models.clear();
  result_.others_unloaded = false;
  if (may_probe && result_.tells_state) ask(*result_.tells_state);
}

std::optional<Probe> Recognition::next() const {
  return asks_.empty() ? std::nullopt : std::optional(asks_.front());
}

void Recognition::on_answer(int status, std::string_view body) {
  const Probe probe = asks_.front();
  asks_.erase(asks_.begin());
  const bool understood = status == kOk && read(probe, body);
  if (understood) return;
  if (probe == Probe::server_info) ask(Probe::old_server_info);
  if (!decided_) look_further(probe);
}

void Recognition::on_silence() {
  const Probe probe = asks_.front();
  asks_.erase(asks_.begin());
  if (decided_) return;
  result_.certain = false;
  look_further(probe);
}

void Recognition::look_further(Probe probe) {
  if (probe != Probe::root && probe != Probe::ollama_version) return;
  if (hint_) return decide(*hint_);
  ask(Probe::lm_studio_models);
  ask(Probe::info);
  if (has_list_) return;  // whose list would say so
  ask(Probe::props);
  ask(Probe::server_info);
}

void Recognition::ask(Probe probe) {
  const std::uint32_t bit = 1U << static_cast<unsigned>(probe);
  if ((asked_ & bit) != 0) return;
  asked_ |= bit;
  asks_.push_back(probe);
}

void Recognition::decide(BackendKind kind) {
  if (decided_) return;
  decided_ = true;
  result_.kind = kind;
  // If the list says so alone, a router may stand before it whose root hasn't answered.
  result_.certain = result_.certain || !hint_;
  asks_.clear();
  for (const Probe probe : probes_for(kind))
    ask(probe);
}

bool Recognition::read(Probe probe, std::string_view body) {
  switch (probe) {
    case Probe::root:
      return read_root(body);
    case Probe::version:
      result_.version = version_of(parsed(body), "version");
      return true;
    case Probe::is_sleeping:
      note_state(probe, details_of_vllm_sleep(body));
      return true;
    case Probe::server_info:
    case Probe::old_server_info:
      return read_server_info(body);
    case Probe::props:
      return read_props(body);
    case Probe::ollama_version:
      result_.version = version_of(parsed(body), "version");
      if (result_.version.empty()) return false;
      decide(BackendKind::ollama);
      return true;
    case Probe::ollama_loaded:
      return read_loaded(body);
    case Probe::lm_studio_models:
      return read_lm_studio(body);
    case Probe::info:
      return read_info(body);
  }
  return false;
}

bool Recognition::read_root(std::string_view body) {
  // Ollama's sentence is also that of programs that pose as it, which its version is asked of.
  if (body.starts_with("Ollama is running")) {
    ask(Probe::ollama_version);
    return true;
  }
  const json::Value object = parsed(body);
  if (json::plain_string(json::find(object, "name")) != "llm-router") return false;
  decide(BackendKind::llm_router);
  result_.version = version_of(object, "version");
  return true;
}

bool Recognition::read_server_info(std::string_view body) {
  const json::Value object = parsed(body);
  if (json::find(object, "model_path").kind != json::Kind::string) return false;
  decide(BackendKind::sglang);
  result_.version = version_of(object, "version");
  return true;
}

bool Recognition::read_props(std::string_view body) {
  const json::Value props = parsed(body);
  const bool is_router = json::plain_string(json::find(props, "role")) == "router";
  if (!is_router && json::find(props, "default_generation_settings").kind != json::Kind::object) {
    return false;
  }
  decide(is_router ? BackendKind::llama_cpp_router : BackendKind::llama_cpp);
  result_.version = version_of(props, "build_info");
  if (!is_router) note_state(Probe::props, details_of_llama_cpp(body));
  return true;
}

bool Recognition::read_lm_studio(std::string_view body) {
  auto models = details_of_lm_studio(body);
  if (!models || (!decided_ && models->empty())) return false;
  decide(BackendKind::lm_studio);
  result_.models = *std::move(models);
  result_.tells_state = Probe::lm_studio_models;
  return true;
}

bool Recognition::read_info(std::string_view body) {
  const json::Value info = parsed(body);
  const auto router = json::plain_string(json::find(info, "router")).value_or("");
  const bool has_tokens = json::as_uint(json::find(info, "max_total_tokens")).has_value();
  if (json::find(info, "model_id").kind != json::Kind::string ||
      (!router.starts_with("text-generation-router") && !has_tokens)) {
    return false;
  }
  decide(BackendKind::tgi);
  result_.version = version_of(info, "version");
  result_.all = details_of_tgi(body);
  return true;
}

bool Recognition::read_loaded(std::string_view body) {
  auto models = details_of_ollama(body);
  if (!models) return false;
  result_.models = *std::move(models);
  result_.others_unloaded = true;
  result_.tells_state = Probe::ollama_loaded;
  return true;
}

void Recognition::note_state(Probe probe, const ModelDetails& all) {
  result_.all = merged(all, result_.all);
  if (all.state != ModelState::unknown) result_.tells_state = probe;
}

}  // namespace llm
