#pragma once

#include <string>
#include <string_view>

namespace gre {

// One cell of a CSV file for people (RFC 4180), quoted where needed, valid UTF-8. Text that a
// spreadsheet would run as a formula (after apostrophes and white space it starts with = + - @, or
// it starts with a tab or carriage return) gets a leading apostrophe. Pure.
std::string EscapeCsvCell(std::string_view text);

// Takes that apostrophe off again: a cell's text as it was before EscapeCsvCell.
std::string_view UndefuseCsvCell(std::string_view cell);

}  // namespace gre
