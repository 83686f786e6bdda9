#include "simulator.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>

#include "answers.hpp"
#include "reply.hpp"
#include "stream_play.hpp"

namespace sim {
namespace {

using Kind = Fault::Kind;
using std::chrono::seconds;

constexpr std::size_t kMaxBody = std::size_t{64} << 20U;
constexpr std::size_t kBudget = std::size_t{4} << 30U;
constexpr std::string_view kPage =
    "<!doctype html><html><head><title>Welcome</title></head><body>It works!</body></html>\n";

Request read_request(const http::RequestHead& head, std::string_view body) {
  const auto field = [&](std::string_view name) {
    return std::string(head.headers.find(name).value_or(""));
  };
  return {
      .method = std::string(head.method),
      .path = std::string(head.target.substr(0, head.target.find('?'))),
      .authorization = std::string(head.headers.find(http::HeaderId::authorization).value_or("")),
      .body = std::string(body),
      .fault = field("x-sim-fault"),
      .tokens = field("x-sim-tokens"),
      .ttft = field("x-sim-ttft"),
      .rate = field("x-sim-rate"),
  };
}

bool generates(Endpoint endpoint) {
  return endpoint == Endpoint::chat || endpoint == Endpoint::completions ||
         endpoint == Endpoint::responses;
}

/// How long the engine works on a whole answer.
base::Duration work(const Plan& plan) {
  return generates(plan.endpoint) ? plan.ttft + plan.interval * plan.tokens : base::Duration{};
}

}  // namespace

Simulator::Simulator(io::Loop& loop, const Options& options)
    : loop_(loop),
      options_(options),
      budget_(kBudget),
      buffers_(budget_),
      random_(options.seed),
      engine_(loop, options.concurrency, options.queue),
      cache_(options.cache_tokens) {}

io::Task<void> Simulator::serve(io::Acceptor& acceptor) {
  const io::Gate::Pass pass = gate_.enter();
  while (!gate_.closed()) {
    const io::Acceptor::Accepted accepted = acceptor.try_accept();
    if (accepted.fd >= 0)
      loop_.spawn(serve_connection(std::make_unique<io::Stream>(loop_, accepted.fd)));
    else if (accepted.error == EAGAIN)
      co_await acceptor.acceptable({.deadline = loop_.now() + milliseconds(200)});
    else
      co_await io::sleep_until(loop_, loop_.now() + milliseconds(100));
  }
}

io::Task<void> Simulator::shut_down() {
  gate_.close();
  for (Client* client : clients_)
    client->connection.abort();
  co_await gate_.emptied(loop_, loop_.now() + seconds(1));
}

io::Task<void> Simulator::serve_connection(std::unique_ptr<io::Stream> stream) {
  const io::Gate::Pass pass = gate_.enter();
  Client client(std::move(stream), buffers_, settings_);
  clients_.insert(&client);
  for (;;) {
    const auto head = co_await client.connection.read_head();
    if (!head) {
      if (co_await refuse(client, 400, head.error().message)) co_await client.connection.linger();
      break;
    }
    if (!*head || !co_await answer(client) || !client.connection.end_request()) break;
  }
  clients_.erase(&client);
}

io::Task<bool> Simulator::answer(Client& client) {
  const auto body = co_await client.connection.read_body(kMaxBody);
  if (!body) co_return co_await refuse(client, 400, body.error().message) && false;
  const Request request = read_request(client.connection.head(), *body);
  if (request.method == "GET") {
    const auto page = own_page(options_.kind, request.path, options_.models, engine_.running(),
                               engine_.waiting());
    if (page) {
      Reply reply(client, Fault{});
      co_return co_await reply.whole({.content_type = page->content_type, .body = page->body});
    }
  }
  auto plan = make_plan(request, options_, random_, ++requests_);
  log(request, plan ? plan->model : "-");
  if (!plan)
    co_return co_await refuse(client, plan.error().status, plan.error().message,
                              plan.error().param);
  prefill(*plan);
  co_return co_await play(client, *plan);
}

void Simulator::prefill(Plan& plan) {
  if (!generates(plan.endpoint)) return;
  const auto known = static_cast<unsigned>(cache_.admit(plan.model, plan.prompt));
  plan.cached_tokens = std::min(known, plan.prompt_tokens);
  if (options_.prefill_rate <= 0) return;
  const double computed = plan.prompt_tokens - plan.cached_tokens;
  const std::chrono::duration<double> time(computed / options_.prefill_rate);
  plan.ttft += std::chrono::duration_cast<base::Duration>(time);
}

/// What strikes before the engine has a look, then the engine's turn.
io::Task<bool> Simulator::play(Client& client, const Plan& plan) {
  switch (plan.fault.kind) {
    case Kind::drop:
      co_return false;
    case Kind::reset:
      client.stream.reset();
      co_return false;
    case Kind::hang:
      co_await io::Wait(loop_, io::Guard{.watched = &client.descriptor()});
      co_return false;
    case Kind::delay: {
      const io::Guard guard{.deadline = loop_.now() + milliseconds(plan.fault.value),
                            .watched = &client.descriptor()};
      if (co_await io::Wait(loop_, guard) == io::Wake::departed) co_return false;
      break;
    }
    case Kind::status:
      co_return co_await refuse(client, static_cast<int>(plan.fault.value),
                                "The simulated engine has failed as it was told to.");
    default:
      break;
  }
  if (!generates(plan.endpoint)) co_return co_await play_admitted(client, plan);

  const Engine::Admitted admitted = co_await Engine::Turn(engine_, client.descriptor());
  if (admitted == Engine::Admitted::departed) co_return false;
  if (admitted == Engine::Admitted::full)
    co_return co_await refuse(client, static_cast<int>(options_.full_status),
                              "The engine is overloaded; please retry later.");
  const Engine::Place place(engine_);
  co_return co_await play_admitted(client, plan);
}

io::Task<bool> Simulator::play_admitted(Client& client, const Plan& plan) {
  if (plan.stream != plan.fault.is(Kind::wrong_type) && !plan.fault.is(Kind::html)) {
    StreamPlay play(client, plan);
    co_return co_await play.run();
  }
  const io::Guard guard{.deadline = loop_.now() + work(plan), .watched = &client.descriptor()};
  if (co_await io::Wait(loop_, guard) == io::Wake::departed) co_return false;

  Answer answer = plain_answer(plan, options_.models, options_.kind);
  if (plan.fault.is(Kind::html)) answer = {.content_type = "text/html", .body = std::string(kPage)};
  if (plan.fault.is(Kind::malformed)) answer.body.resize(answer.body.size() / 2);
  Reply reply(client, plan.fault);
  co_return co_await reply.whole(answer) && reply.reusable();
}

io::Task<bool> Simulator::refuse(Client& client, int status, std::string_view message,
                                 std::string_view param) {
  Reply reply(client, Fault{});
  co_return co_await reply.whole(error_answer(status, message, param));
}

void Simulator::log(const Request& request, std::string_view model) const {
  if (!options_.verbose) return;
  std::fprintf(stderr, "%llu %s %s %.*s %s\n", static_cast<unsigned long long>(requests_),
               request.method.c_str(), request.path.c_str(), static_cast<int>(model.size()),
               model.data(), request.fault.c_str());
}

}  // namespace sim
