#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "answers.hpp"
#include "client.hpp"
#include "fault.hpp"

namespace sim {

/// One answer on its way out, with the faults that strike at a byte of its body. Lives in the frame
/// of the coroutine that serves the connection. Each step says whether the answer goes on.
class Reply {
 public:
  Reply(Client& client, const Fault& fault);

  io::Task<bool> whole(const Answer& answer);

  io::Task<bool> begin_stream();
  io::Task<bool> event(std::string_view bytes);
  io::Task<bool> end_stream();

  /// The connection may carry another request.
  [[nodiscard]] bool reusable() const { return !broken_; }

 private:
  io::Task<bool> body(std::string_view bytes);
  void break_off();

  Client& client_;
  std::optional<std::uint64_t> bytes_left_;  // of the body, until the cut
  bool with_reset_;
  bool broken_ = false;
};

}  // namespace sim
