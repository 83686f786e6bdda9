#pragma once

#include <initializer_list>
#include <memory>

#include "io/wait.hpp"

namespace io {

/// Signals as events of a loop. Constructed before any thread starts, since it blocks them for the
/// thread and its children.
class Signals {
 public:
  Signals(Loop& loop, std::initializer_list<int> signals);

  /// The next signal that has come, or 0.
  int take();
  Wait arrival() { return {*descriptor_, Interest::read, Guard{}}; }

 private:
  std::unique_ptr<Descriptor> descriptor_;
};

}  // namespace io
