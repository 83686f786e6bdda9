#pragma once

#include <string>
#include <string_view>

/// What must hold for any bytes whatsoever, each as a function that returns a description of what
/// doesn't, or nothing. The fuzz targets and the replay of their corpora share them.
namespace fuzz {

/// Any split gives the same; what is accepted, llhttp accepts and understands in the same way;
/// an accepted target has one reading.
std::string check_request_head(std::string_view bytes);
/// As for requests.
std::string check_response_head(std::string_view bytes);
/// Any split gives the same; a body that is complete is so for llhttp, with the same payload.
std::string check_chunked(std::string_view bytes);
/// An accepted URL, written out, is understood as the same again.
std::string check_url(std::string_view bytes);

}  // namespace fuzz
