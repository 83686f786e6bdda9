#pragma once

#include <string>
#include <string_view>

namespace llm {

/// What a page that isn't JSON says, on one line: HTML's title, or its text without tags; other
/// text as it is. Runs of whitespace and control characters become one space, none at the ends.
/// Pure: any thread.
std::string page_line(std::string_view text);

}  // namespace llm
