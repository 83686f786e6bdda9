#include <csignal>
#include <cstdio>

#include <sys/resource.h>

#include "command_line.hpp"
#include "io/acceptor.hpp"
#include "io/loop.hpp"
#include "io/signals.hpp"
#include "simulator.hpp"

namespace {

io::Task<void> stop_on_signal(io::Loop& loop, io::Signals& signals, sim::Simulator& simulator) {
  while (signals.take() == 0)
    co_await signals.arrival();
  co_await simulator.shut_down();
  loop.stop();
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = sim::parse_command_line(argc, argv);
  if (!options) return options.error();
  const auto address = io::Address::parse(options->host, options->port);
  if (!address) {
    std::fprintf(stderr, "llm-sim: %s is no IP address\n", options->host.c_str());
    return 1;
  }
  ::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();

  io::Loop loop;
  io::Signals signals(loop, {SIGINT, SIGTERM});
  const auto acceptor = io::Acceptor::listen(loop, *address, 4096);
  if (!acceptor) {
    std::fprintf(stderr, "llm-sim: %s\n", acceptor.error().c_str());
    return 1;
  }
  std::printf("llm-sim listens on http://%s\n", (*acceptor)->local().to_string().c_str());
  std::fflush(stdout);

  sim::Simulator simulator(loop, *options);
  loop.spawn(simulator.serve(**acceptor));
  loop.spawn(stop_on_signal(loop, signals, simulator));
  loop.run();
}
