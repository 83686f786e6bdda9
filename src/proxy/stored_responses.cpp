#include "proxy/stored_responses.hpp"

#include <algorithm>

#include "http/target.hpp"
#include "proxy/request_checks.hpp"

namespace proxy {
namespace {

std::unexpected<base::Error> not_found(std::string_view id, std::string_view param) {
  return base::fail(base::ErrorCode::response_not_found,
                    "`" + std::string(id) + "` is not known here, or is no longer.", param);
}

}  // namespace

upstream::ResponseMemory::Client client_of(const Exchange& exchange) {
  return upstream::ResponseMemory::client(accepted_key(exchange));
}

base::Result<upstream::EndpointPtr> owner_of(const Exchange& exchange, const llm::Call& call,
                                             const upstream::Cluster& cluster) {
  if (call.continued.empty() || cluster.endpoints.size() == 1) return nullptr;
  auto owner = exchange.worker.responses.find(client_of(exchange), call.continued);
  const bool serves = std::ranges::find(cluster.endpoints, owner) != cluster.endpoints.end();
  if (owner == nullptr || !serves) return not_found(call.continued, call.continued_by);
  return owner;
}

base::Result<upstream::EndpointPtr> maker_of(const Exchange& exchange, std::string_view id) {
  const auto decoded = http::percent_decode(id).value_or("");
  auto maker = exchange.worker.responses.find(client_of(exchange), decoded);
  if (maker == nullptr) return not_found(decoded, {});
  return maker;
}

void remember(Exchange& exchange, upstream::Endpoint& maker, const llm::ResponseIds& ids) {
  for (const std::string& id : {ids.response, ids.conversation}) {
    if (!id.empty()) exchange.worker.responses.remember(*exchange.client_hash, id, maker);
  }
}

}  // namespace proxy
