#include "upstream/recognise.hpp"

#include <algorithm>

#include "upstream/question.hpp"

namespace upstream {
namespace {

constexpr std::chrono::seconds kPatience{2};
constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

/// What is asked stands beside the API's version, not below it.
std::string target_of(const Endpoint& endpoint, llm::Probe probe) {
  std::string_view path = endpoint.config().url.path;
  constexpr std::string_view kVersion = "/v1";
  if (path.ends_with(kVersion)) path.remove_suffix(kVersion.size());
  return std::string(path).append(llm::path_of(probe));
}

}  // namespace

bool may_probe(const Endpoint& endpoint) {
  const auto addresses = endpoint.addresses();
  return addresses != nullptr && !addresses->empty() &&
         std::ranges::all_of(*addresses, &io::Address::is_private);
}

llm::Recognition begin_recognition(const Endpoint& endpoint,
                                   std::span<const llm::ListedModel> models) {
  return llm::Recognition({.configured = endpoint.config().kind,
                           .host = endpoint.config().url.host,
                           .models = models,
                           .may_probe = may_probe(endpoint)});
}

io::Task<llm::Recognised> recognise(io::Loop& loop, Connector& connector, Endpoint& endpoint,
                                    llm::Recognition recognition) {
  while (const auto probe = recognition.next()) {
    if (!may_probe(endpoint)) {
      recognition.on_silence();
      continue;
    }
    const auto reply = co_await ask(
        loop, connector, endpoint,
        {.target = target_of(endpoint, *probe), .patience = kPatience, .max_bytes = kMaxBytes});
    if (reply) {
      recognition.on_answer(reply->status, reply->body);
    } else {
      recognition.on_silence();
    }
  }
  co_return std::move(recognition).take();
}

}  // namespace upstream
