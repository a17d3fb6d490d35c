#include "core/formula_cell.h"

#include <algorithm>

namespace gre {

bool LooksLikeFormula(std::string_view cell) {
  cell.remove_prefix(std::min(cell.find_first_not_of('\''), cell.size()));
  if (cell.starts_with('\t') || cell.starts_with('\r')) return true;
  const size_t first = cell.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos &&
         std::string_view("=+-@").find(cell[first]) != std::string_view::npos;
}

}  // namespace gre
