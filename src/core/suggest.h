#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gre {

// The one of `known` that `word` may have been meant to be: the only one that begins with it, else
// the nearest by at most two edits. Letter case counts not.
// Empty when there is none.
std::string NearestName(std::string_view word, std::span<const std::string> known);

// " (did you mean NAME?)", or nothing.
std::string Suggestion(std::string_view word, std::span<const std::string> known);

}  // namespace gre
