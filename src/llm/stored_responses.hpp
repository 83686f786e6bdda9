#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "llm/operations.hpp"

namespace llm {

/// What can be done with a response that a backend keeps: the operations below
/// `/v1/responses/{id}`. They name no model but a response, and go where that was made.
inline constexpr Operation kStoredOperations[] = {
    {"/v1/responses/{id}", "GET", "", Plain::json, StreamForm::responses},
    {"/v1/responses/{id}", "DELETE", "", Plain::json, StreamForm::none},
    {"/v1/responses/{id}/cancel", "POST", "", Plain::json, StreamForm::none},
    {"/v1/responses/{id}/input_items", "GET", "", Plain::json, StreamForm::none},
};

/// A path in their form, with the version or without; views into it.
struct StoredPath {
  std::string_view id;       ///< as it stands there, not empty
  std::string_view pattern;  ///< the path in kStoredOperations
};

std::optional<StoredPath> read_stored_path(std::string_view path);

/// Null if the path has no such method.
const Operation* find_stored(const StoredPath& path, std::string_view method);

/// The path's methods, for `Allow`.
std::string allowed_methods(const StoredPath& path);

}  // namespace llm
