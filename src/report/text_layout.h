#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gre {

// Columns that well-formed UTF-8 takes on a terminal: 2 for wide East Asian characters and emoji, 0
// for combining marks and joiners, 1 otherwise (Unicode TR 11).
int DisplayWidth(std::string_view text);

// `text` broken into lines of at most `columns`, at spaces where possible, between characters
// otherwise (Chinese and Japanese text has no spaces). At least one line; `columns` >= 2.
std::vector<std::string> WrapText(std::string_view text, int columns);

// The longest prefix of at most `columns`, ending in "…" when something was cut off.
std::string Ellipsize(std::string_view text, int columns);

}  // namespace gre
