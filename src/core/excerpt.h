#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gre {

// What a message shows of text that somebody else wrote and that may be of any length: its first
// `max_bytes` at most, never a part of a UTF-8 character, then "…" where something is left out.
// Pure.
std::string Excerpt(std::string_view text, size_t max_bytes = 100);

}  // namespace gre
