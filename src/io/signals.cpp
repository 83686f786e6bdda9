#include "io/signals.hpp"

#include <csignal>

#include <sys/signalfd.h>
#include <unistd.h>

namespace io {

Signals::Signals(Loop& loop, std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals)
    ::sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  descriptor_ =
      std::make_unique<Descriptor>(loop, ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

int Signals::take() {
  signalfd_siginfo info{};
  if (::read(descriptor_->fd(), &info, sizeof info) == sizeof info) {
    return static_cast<int>(info.ssi_signo);
  }
  descriptor_->drained();
  return 0;
}

}  // namespace io
