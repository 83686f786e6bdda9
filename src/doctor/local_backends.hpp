#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "llm/backend_kind.hpp"

/// Looking at backends from outside, for the command line: what is there, and what is wrong with
/// it.
namespace doctor {

/// Where a backend may be.
struct Place {
  std::string host;
  std::uint16_t port;
};

/// The usual ports of the usual programs on this host and, inside a container, on the host that
/// runs it (`host.docker.internal`).
std::vector<Place> usual_places();

/// What answered at a place.
struct LocalBackend {
  enum class Use : std::uint8_t {
    yes,
    another_router,  ///< an llm-router, perhaps this one's predecessor: never a backend by itself
    no_list,         ///< something that gives no list of models
  };
  Use use = Use::yes;
  std::string name;  ///< unique among what was found
  std::string url;
  llm::BackendKind kind = llm::BackendKind::openai;
  std::string version;
  std::vector<std::string> models;
  std::string reason;  ///< of no_list: what it answered
};

/// Asks all places at the same time, with no credentials, and takes no longer than two seconds or
/// so. Places where nothing listens are left out. Runs a loop of its own: blocks.
std::vector<LocalBackend> find_local_backends(std::span<const Place> places);

/// Whether any of them can be served.
bool can_serve(std::span<const LocalBackend> found);

/// The configuration that serves them, as YAML: what is printed is what is loaded.
std::string configuration_of(std::span<const LocalBackend> found, std::uint16_t port);

/// In plain words, a line each: what was found, and what isn't used and why.
std::string describe(std::span<const LocalBackend> found);

/// What to say when there is nothing to serve.
std::string nothing_found(std::span<const LocalBackend> found);

/// The first port from `first` on that nobody listens on at 127.0.0.1; 0 if there is none nearby,
/// so that the system chooses.
std::uint16_t free_port(std::uint16_t first);

}  // namespace doctor
