#include "server/dispatch.hpp"

#include "http/target.hpp"
#include "proxy/answer.hpp"
#include "proxy/handle.hpp"
#include "server/local_answers.hpp"

namespace server {
namespace {

using base::ErrorCode;

io::Task<void> refuse_method(proxy::Exchange& exchange, std::string_view allowed) {
  exchange.close = exchange.close || exchange.method() == "CONNECT";
  const std::string headers = "Allow: " + std::string(allowed) + "\r\n";
  auto error =
      base::fail(ErrorCode::method_not_allowed, "This path takes " + std::string(allowed) +
                                                    ", not " + std::string(exchange.method()) + ".")
          .error();
  co_await proxy::answer_error(exchange, std::move(error), headers);
}

io::Task<void> answer_locally(proxy::Exchange& exchange, std::string_view path) {
  const LocalAnswer local = find_local_answer(path);
  if (local == nullptr) {
    auto error = base::fail(ErrorCode::not_found, "There is nothing at this path.").error();
    co_return co_await proxy::answer_error(exchange, std::move(error));
  }
  if (exchange.method() != "GET" && exchange.method() != "HEAD") {
    co_return co_await refuse_method(exchange, "GET, HEAD");
  }
  co_await local(exchange, path);
}

io::Task<void> serve_stored(proxy::Exchange& exchange, llm::StoredPath path) {
  const llm::Operation* const operation = llm::find_stored(path, exchange.method());
  if (operation == nullptr) {
    co_return co_await refuse_method(exchange, llm::allowed_methods(path));
  }
  co_await proxy::handle_stored(exchange, *operation, path);
}

}  // namespace

io::Task<void> dispatch(proxy::Exchange& exchange) {
  const http::RequestHead& head = exchange.downstream.head();
  const auto target = http::split_target(head.target);
  exchange.read_head(target ? target->path : head.target.substr(0, head.target.find('?')));
  if (head.method == "CONNECT") co_return co_await refuse_method(exchange, "GET, HEAD, POST");
  if (!target) co_return co_await proxy::answer_error(exchange, target.error());

  const llm::Operation* const operation = exchange.operation;
  if (operation == nullptr) {
    const auto stored = llm::read_stored_path(target->path);
    if (stored) co_return co_await serve_stored(exchange, *stored);
    co_return co_await answer_locally(exchange, target->path);
  }
  if (head.method != operation->method) {
    co_return co_await refuse_method(exchange, operation->method);
  }
  co_await proxy::handle(exchange, *operation);
}

}  // namespace server
