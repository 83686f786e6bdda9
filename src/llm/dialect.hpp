#pragma once

#include <cstdint>
#include <string_view>

namespace llm {

/// Whose API an endpoint is of. It decides how the router's own words look there, which are errors
/// and model lists; what a backend says is passed on as it is.
enum class Dialect : std::uint8_t { openai, anthropic };

/// Anthropic's clients say with every request which version of the API they speak.
inline constexpr std::string_view kAnthropicVersion = "anthropic-version";
/// Said to a backend in the place of a client that doesn't say it: the version of clients so old,
/// or so simple, that they don't.
inline constexpr std::string_view kAnthropicVersionByDefault = "2023-06-01";

}  // namespace llm
