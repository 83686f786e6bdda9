#include "config/load.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "config/backend_reader.hpp"
#include "config/header_rules.hpp"
#include "config/listen_reader.hpp"
#include "config/nearest.hpp"
#include "config/references.hpp"
#include "config/section.hpp"
#include "config/yaml_tree.hpp"

namespace config {
namespace {

constexpr std::string_view kWriteBackends =
    "write for example:\n"
    "backends:\n"
    "  - name: local\n"
    "    url: http://127.0.0.1:8000";

constexpr std::size_t kGiB = 1024 * kMiB;

void read_api_keys(const Section& root, Config& config, Reading& reading) {
  const Node* keys = root.find("api_keys");
  if (keys == nullptr) return;
  // Not taken for "no keys needed": it could as well mean that nobody may come in.
  if (keys->kind == Node::Kind::null || (keys->kind == Node::Kind::list && keys->items.empty())) {
    return root.invalid("api_keys", "holds no key; leave it out to serve clients without one");
  }
  if (root.list("api_keys") == nullptr) return;
  for (const Node* item : keys->items) {
    if (item->kind != Node::Kind::text) {
      reading.findings.error(item->at, "a key " + std::string(describe(item->kind)) +
                                           "; expected a text, `${NAME}` or `${file:PATH}`");
      continue;
    }
    auto key = expand(item->text, reading.secrets, "api_keys", item->at, reading.findings);
    if (!key) continue;
    if (!is_credential(key->text)) {
      reading.findings.error(item->at, "a key is empty, or holds spaces or control characters");
      continue;
    }
    reading.literal_secrets |= key->literal;
    config.api_keys.emplace_back(std::move(key->text));
  }
}

void read_limits(const Section& root, Limits& limits) {
  const auto section = root.section("limits", Group::limits);
  if (!section) return;
  section->read_size("header_bytes", limits.header_bytes, {kKiB, kMiB, "1KiB and 1MiB"});
  section->read_size("body", limits.body, {kKiB, 4 * kGiB, "1KiB and 4GiB"});
  section->read_size("event", limits.event, {kKiB, kGiB, "1KiB and 1GiB"});
  section->read_size("answer", limits.answer, {kKiB, kGiB, "1KiB and 1GiB"});
  section->read_size("buffered", limits.buffered, {kMiB, 1024 * kGiB, "1MiB and 1024GiB"});
  if (const auto fields = section->whole("header_fields", 1, 1000)) {
    limits.header_fields = static_cast<std::size_t>(*fields);
  }
  if (const auto connections = section->whole("connections", 1, 10'000'000)) {
    limits.connections = static_cast<std::size_t>(*connections);
  }
  const std::size_t least = limits.least_buffered();
  if (section->find("buffered") == nullptr) {
    limits.buffered = std::max(limits.buffered, least);
  } else if (limits.buffered < least) {
    const std::size_t mebibytes = (least + kMiB - 1) / kMiB;
    section->invalid("buffered",
                     "is too small for one request; with these `limits.body`, `limits.answer` and "
                     "`limits.event` it must be at least " +
                         std::to_string(mebibytes) + "MiB");
  }
}

void read_timeouts(const Section& root, Timeouts& timeouts) {
  const auto section = root.section("timeouts", Group::timeouts);
  if (!section) return;
  read_backend_timeouts(*section, timeouts);
  section->read_duration("header", timeouts.header);
  section->read_duration("body_gap", timeouts.body_gap);
  section->read_duration("keep_alive", timeouts.keep_alive);
  section->read_duration("drain", timeouts.drain, 0ms);
  section->read_duration("shutdown_delay", timeouts.shutdown_delay, 0ms);
}

void read_access_log(const Section& log, Log& out) {
  static constexpr auto kSinks = std::to_array<std::string_view>({"off", "stdout"});
  const Node* value = log.text("access");
  if (value == nullptr) return;
  const std::string& text = value->text;
  if (text == "off") {
    out.access = AccessSink::off;
  } else if (text == "stdout") {
    out.access = AccessSink::standard_output;
  } else if (const auto near = nearest(text, kSinks); near && !text.contains('.')) {
    log.invalid("access", "is not valid", near);
  } else if (text.empty() || text.contains('\0')) {
    log.invalid("access", "is not valid");
  } else {
    out.access = AccessSink::file;
    out.access_file = text;
  }
}

void read_log(const Section& root, Log& log) {
  static constexpr auto kFormats = std::to_array<std::string_view>({"json", "text"});
  const auto section = root.section("log", Group::log);
  if (!section) return;
  if (const auto level = section->choice("level", kLogLevelNames))
    log.level = static_cast<LogLevel>(*level);
  if (const auto format = section->choice("format", kFormats)) {
    log.format = static_cast<LogFormat>(*format);
  }
  read_access_log(*section, log);
}

void read_log_environment(const SecretSource& secrets, Log& log, Findings& findings) {
  for (const std::string_view name : {"LLM_ROUTER_LOG", "RUST_LOG"}) {
    const auto value = secrets.env ? secrets.env(name) : std::nullopt;
    if (!value || value->empty()) continue;
    const auto level = parse_log_level(*value);
    if (level) {
      log.level = *level;
      return;
    }
    findings.warning({}, "environment variable `" + std::string(name) +
                             "` is not a log level; expected one of trace, debug, info, warn, "
                             "error, off");
  }
}

void read_trusted_proxies(const Section& root, Config& config, Findings& findings) {
  const Node* list = root.list("trusted_proxies");
  if (list == nullptr) return;
  for (const Node* item : list->items) {
    const auto network = item->kind == Node::Kind::text ? parse_cidr(item->text) : std::nullopt;
    if (network) {
      config.trusted_proxies.push_back(*network);
    } else {
      findings.error(item->at,
                     "not an address or network; expected one such as 10.0.0.0/8 or fd00::/8, "
                     "with no bits set behind the prefix");
    }
  }
}

void read_stream(const Section& root, Stream& stream) {
  const auto section = root.section("stream", Group::stream);
  if (!section) return;
  section->read_duration("commit_after", stream.commit_after, 0ms);
  section->read_duration("comment_interval", stream.comment_interval);
}

void check_backends(const Section& root, const Config& config, Findings& findings) {
  const Node* backends = root.find("backends");
  if (backends == nullptr) {
    findings.error({1, 1}, "`backends` is missing; " + std::string(kWriteBackends));
  } else if (backends->kind == Node::Kind::null ||
             (backends->kind == Node::Kind::list && backends->items.empty())) {
    findings.error(root.place("backends"), "`backends` is empty; " + std::string(kWriteBackends));
  }
  const auto forwards = [](const Backend& backend) {
    return backend.auth.kind == Auth::Kind::forward;
  };
  if (!config.api_keys.empty() && std::ranges::any_of(config.backends, forwards)) {
    findings.warning(root.place("api_keys"),
                     "a backend with `auth: {type: forward}` will see the keys that clients send "
                     "to this router");
  }
}

void read_root(const Section& root, Config& config, Reading& reading) {
  read_addresses(root, config, reading.findings);
  read_api_keys(root, config, reading);
  root.read_duration("refresh_interval", config.refresh_interval);
  if (const auto workers = root.whole("workers", 1, 256)) {
    config.workers = static_cast<int>(*workers);
  }
  read_limits(root, config.limits);
  read_timeouts(root, config.timeouts);
  read_stream(root, config.stream);
  read_log(root, config.log);
  read_log_environment(reading.secrets, config.log, reading.findings);
  read_trusted_proxies(root, config, reading.findings);
  config.backends = read_backends(root, config.timeouts, reading);
  check_backends(root, config, reading.findings);
}

}  // namespace

bool LoadResult::ok() const {
  return std::ranges::all_of(diagnostics, &Diagnostic::warning);
}

LoadResult load(std::string_view yaml, std::string_view file_name, const SecretSource& secrets) {
  LoadResult result;
  result.file_name = file_name;
  Findings findings(file_name);
  const auto tree = parse_yaml(yaml);
  if (!tree) {
    findings.error(tree.error().at, tree.error().message);
  } else if (tree->root == nullptr || tree->root->kind == Node::Kind::null) {
    findings.error({1, 1}, "the file is empty; " + std::string(kWriteBackends));
  } else if (tree->root->kind != Node::Kind::mapping) {
    findings.error(tree->root->at, "not a mapping; " + std::string(kWriteBackends));
  } else {
    Reading reading{findings, secrets};
    read_root(Section(*tree->root, Group::root, findings), result.config, reading);
    result.holds_literal_secrets = reading.literal_secrets;
  }
  result.diagnostics = findings.take();
  return result;
}

}  // namespace config
