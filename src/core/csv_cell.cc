#include "core/csv_cell.h"

#include <algorithm>

#include "core/strings.h"

namespace gre {
namespace {

// Apostrophes in front count as nothing, so that a cell that is written with one more and read with
// one less is the same again.
bool LooksLikeFormula(std::string_view cell) {
  cell.remove_prefix(std::min(cell.find_first_not_of('\''), cell.size()));
  if (cell.starts_with('\t') || cell.starts_with('\r')) return true;
  const size_t first = cell.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos &&
         std::string_view("=+-@").find(cell[first]) != std::string_view::npos;
}

}  // namespace

std::string EscapeCsvCell(std::string_view text) {
  std::string cell = ReplaceInvalidUtf8(text);
  if (LooksLikeFormula(cell)) cell.insert(0, 1, '\'');
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (const char c : cell) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string_view UndefuseCsvCell(std::string_view cell) {
  const bool is_defused = cell.starts_with('\'') && LooksLikeFormula(cell);
  return is_defused ? cell.substr(1) : cell;
}

}  // namespace gre
