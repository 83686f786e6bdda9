#pragma once

#include <memory>

#include "io/address.hpp"
#include "io/stream.hpp"

namespace io {

struct Connected {
  std::unique_ptr<Stream> stream;  ///< null unless outcome is ok
  Outcome outcome = Outcome::ok;
  int error = 0;  ///< errno of the failure, 0 if there is none to tell
};

/// Opens a TCP connection. The guard's deadline is the connect timeout. A port where nobody listens
/// refuses, also where TCP would connect the socket to itself.
Task<Connected> connect(Loop& loop, Address address, Guard guard);

}  // namespace io
