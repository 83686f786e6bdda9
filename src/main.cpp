#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "base/log.hpp"
#include "config/file.hpp"
#include "config/schema.hpp"
#include "doctor/local_backends.hpp"
#include "server/healthcheck.hpp"
#include "server/server.hpp"

namespace {

constexpr const char* kAbout =
    "One OpenAI-compatible endpoint in front of any number of LLM backends.\n"
    "It asks each backend which models it serves and sends every request to one that has its "
    "model.\n";

constexpr const char* kFooter =
    "Without --config, config.yaml or config.yml in the working directory is read; if there is\n"
    "neither, the backends that run on this machine are served, on loopback only.\n"
    "SIGTERM drains: streams finish, then the router ends; a second one ends it at once.\n"
    "SIGUSR1 reopens the access log. LLM_ROUTER_LOG or RUST_LOG set the level of the log.";

constexpr int kMisuse = 2;  // the shell's own status for it

base::LogLevel level_of(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::trace:
    case config::LogLevel::debug:
      return base::LogLevel::debug;
    case config::LogLevel::info:
      return base::LogLevel::info;
    case config::LogLevel::warn:
      return base::LogLevel::warn;
    case config::LogLevel::error:
      return base::LogLevel::error;
    case config::LogLevel::off:
      return base::LogLevel::off;
  }
  return base::LogLevel::info;
}

/// The environment wins over the file, so that a running set-up can be looked into.
base::LogLevel log_level(const config::Config& config) {
  for (const char* name : {"LLM_ROUTER_LOG", "RUST_LOG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr) continue;
    if (const auto level = base::parse_log_level(value)) return *level;
  }
  return level_of(config.log.level);
}

constexpr std::uint16_t kUsualPort = 8080;

/// A configuration of the backends that run on this machine; what was found is said on stderr.
/// Nothing if there is none, which is said, too.
std::optional<std::string> found_configuration() {
  const auto found = doctor::find_local_backends(doctor::usual_places());
  if (!doctor::can_serve(found)) {
    std::cerr << doctor::nothing_found(found);
    return std::nullopt;
  }
  std::cerr << doctor::describe(found);
  return doctor::configuration_of(found, doctor::free_port(kUsualPort));
}

int find() {
  const auto yaml = found_configuration();
  if (!yaml) return EXIT_FAILURE;
  std::cout << *yaml;
  return std::cout.flush() ? EXIT_SUCCESS : EXIT_FAILURE;
}

std::optional<config::LoadResult> load(const std::optional<std::string>& path) {
  if (path || config::usual_file()) return config::load_file(path, config::system_secrets());
  const auto yaml = found_configuration();
  if (!yaml) return std::nullopt;
  std::cerr
      << "There is no config.yaml here, so that this is used, and reachable from this machine "
         "alone.\nWrite it into config.yaml to keep it:\n\n"
      << *yaml << "\n";
  return config::load(*yaml, "config.yaml", config::system_secrets());
}

int serve(const std::optional<std::string>& path) {
  auto loaded = load(path);
  if (!loaded) return EXIT_FAILURE;
  for (const auto& diagnostic : loaded->diagnostics)
    std::cerr << diagnostic.to_string() << "\n";
  if (!loaded->ok()) return EXIT_FAILURE;

  const auto format = loaded->config.log.format == config::LogFormat::json ? base::LogFormat::json
                                                                           : base::LogFormat::text;
  base::Log log({.level = log_level(loaded->config), .format = format});
  try {
    server::Server server(std::move(loaded->config), log);
    return server.run();
  } catch (const std::exception& error) {
    log.error("cannot start", {{"reason", error.what()}});
    log.flush(std::chrono::seconds(1));
    return EXIT_FAILURE;
  }
}

/// `where` is HOST:PORT; without it the configuration says where to ask.
int healthcheck(const std::string& where, const std::optional<std::string>& path) {
  if (!where.empty()) {
    const auto address = config::parse_listen(where, "127.0.0.1");
    if (!address) {
      std::cerr << "llm-router: " << where << " is no HOST:PORT\n";
      return kMisuse;
    }
    return server::healthcheck(*address, std::cerr);
  }
  const auto loaded = config::load_file(path, config::system_secrets());
  if (loaded.ok()) return server::healthcheck(server::plain_address(loaded.config), std::cerr);
  for (const auto& diagnostic : loaded.diagnostics)
    std::cerr << diagnostic.to_string() << "\n";
  return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a peer that has gone is an error value, not a signal

  CLI::App app(kAbout, "llm-router");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("llm-router ") + LLM_ROUTER_VERSION);
  std::optional<std::string> path;
  app.add_option("--config", path, "configuration file")->type_name("FILE");
  CLI::App* serve_command = app.add_subcommand("serve", "run the router (the default)");
  serve_command->add_option("--config", path, "configuration file")->type_name("FILE");
  CLI::App* check_command =
      app.add_subcommand("check", "report every error of a configuration, with its place");
  CLI::Option* named =
      check_command->add_option("--config", path, "configuration file")->type_name("FILE");
  check_command->add_option("file", path, "configuration file")->type_name("FILE")->excludes(named);
  const CLI::App* schema_command =
      app.add_subcommand("schema", "print the JSON Schema of the configuration, for editors");
  CLI::App* healthcheck_command = app.add_subcommand(
      "healthcheck",
      "exit 0 if the router answers, at HOST:PORT or where the file says it listens");
  std::string where;
  healthcheck_command->add_option("address", where, "where to ask")->type_name("HOST:PORT");
  healthcheck_command->add_option("--config", path, "configuration file")->type_name("FILE");
  const CLI::App* find_command =
      app.add_subcommand("find", "print a configuration of the backends that run on this machine");
  app.require_subcommand(0, 1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == EXIT_SUCCESS ? EXIT_SUCCESS : kMisuse;
  }

  if (check_command->parsed()) return config::check(path, config::system_secrets(), std::cout);
  if (schema_command->parsed()) {
    std::cout << config::schema(config::reference_text()) << "\n";
    return std::cout.flush() ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  if (healthcheck_command->parsed()) return healthcheck(where, path);
  if (find_command->parsed()) return find();
  return serve(path);
}
