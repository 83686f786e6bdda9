#include "proxy/outgoing_request.hpp"

#include "json/write.hpp"
#include "proxy/request_head.hpp"

namespace proxy {

OutgoingRequest::OutgoingRequest(const Exchange& exchange, const upstream::Endpoint& endpoint,
                                 const RequestBody& body) {
  if (body.own_name.empty()) {
    head_ = upstream_head(exchange, endpoint, body.bytes.size());
    add(head_);
    add(body.bytes);
    return;
  }
  json::append_string(model_, body.own_name);
  const auto at = static_cast<std::size_t>(body.model.data() - body.bytes.data());
  head_ = upstream_head(exchange, endpoint, body.bytes.size() - body.model.size() + model_.size());
  add(head_);
  add(body.bytes.substr(0, at));
  add(model_);
  add(body.bytes.substr(at + body.model.size()));
}

void OutgoingRequest::add(std::string_view bytes) {
  slices_.at(count_++) = {const_cast<char*>(bytes.data()), bytes.size()};
}

}  // namespace proxy
