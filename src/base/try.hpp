#pragma once

#include <expected>
#include <utility>

/// Propagation of errors as values (libstdc++ 12 lacks std::expected's monadic members).
///
///   TRY(auto head, parse(bytes));        // in a function: returns the error
///   CO_TRY(auto n, co_await read(...));  // in a coroutine: co_returns it
///   TRY_VOID(check());  CO_TRY_VOID(co_await flush());
///
/// Each declares its variable in the enclosing scope, so it stands as a statement of its own.
#define LR_CONCAT_INNER(a, b) a##b
#define LR_CONCAT(a, b) LR_CONCAT_INNER(a, b)
#define LR_TRY_IMPL(result, declaration, expression, leave) \
  auto result = (expression);                               \
  if (!result) [[unlikely]]                                 \
    leave std::unexpected(std::move(result).error());       \
  declaration = *std::move(result)
#define TRY(declaration, ...) \
  LR_TRY_IMPL(LR_CONCAT(lr_try_, __LINE__), declaration, (__VA_ARGS__), return)
#define CO_TRY(declaration, ...) \
  LR_TRY_IMPL(LR_CONCAT(lr_try_, __LINE__), declaration, (__VA_ARGS__), co_return)
#define LR_TRY_VOID_IMPL(result, expression, leave)                                            \
  do {                                                                                         \
    if (auto result = (expression); !result) leave std::unexpected(std::move(result).error()); \
  } while (false)
#define TRY_VOID(...) LR_TRY_VOID_IMPL(LR_CONCAT(lr_try_, __LINE__), (__VA_ARGS__), return)
#define CO_TRY_VOID(...) LR_TRY_VOID_IMPL(LR_CONCAT(lr_try_, __LINE__), (__VA_ARGS__), co_return)
