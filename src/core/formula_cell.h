#pragma once

#include <string_view>

namespace gre {

// Whether a spreadsheet would run a CSV cell as a formula: after any white space it starts with
// = + - @, or it starts with a tab or carriage return. Apostrophes before that count as nothing, so
// that a cell that is written with one more and read with one less is the same again. Pure.
bool LooksLikeFormula(std::string_view cell);

}  // namespace gre
