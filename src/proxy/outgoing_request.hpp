#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include <sys/uio.h>

#include "proxy/exchange.hpp"

namespace proxy {

/// A client's JSON body. Views into what the connection holds.
struct RequestBody {
  std::string_view bytes;
  std::string_view model;  ///< the model's value as it stands in `bytes`, quotes included
  /// What the backend that it goes to calls the model; empty: what the client wrote.
  std::string_view own_name = {};
};

/// What one backend is sent of a client's request: a head made for it, and the body, in which the
/// model is called as the backend calls it while every other byte is the client's. Nothing is
/// copied for that: a body whose model is replaced is three slices. Lives until it is sent.
class OutgoingRequest {
 public:
  OutgoingRequest(const Exchange& exchange, const upstream::Endpoint& endpoint,
                  const RequestBody& body);
  OutgoingRequest(const OutgoingRequest&) = delete;
  OutgoingRequest& operator=(const OutgoingRequest&) = delete;
  ~OutgoingRequest() = default;

  [[nodiscard]] std::span<iovec> slices() { return std::span(slices_).first(count_); }

 private:
  void add(std::string_view bytes);

  std::string model_;  ///< in JSON; empty if the client's own is sent
  std::string head_;
  std::array<iovec, 4> slices_{};
  std::size_t count_ = 0;
};

}  // namespace proxy
