#include "dataset/csv_table.h"

#include <algorithm>
#include <utility>

#include "core/excerpt.h"
#include "core/file.h"
#include "dataset/csv_scanner.h"

namespace gre {
namespace {

Error BadRecord(const CsvScanner& scanner, const std::string& what) {
  return {ErrorCode::kInvalidInput, scanner.Place() + ": " + what};
}

}  // namespace

Result<CsvTable> CsvTable::Parse(std::string name, std::string_view text) {
  CsvTable table;
  table.name_ = std::move(name);
  CsvScanner scanner(table.name_, text);
  GRE_ASSIGN_OR_RETURN(const bool has_header, scanner.Next(table.header_));
  if (!has_header) {
    return Error{ErrorCode::kInvalidInput, table.name_ + ": expected a header line, found nothing"};
  }
  for (auto it = table.header_.begin(); it != table.header_.end(); ++it) {
    if (std::find(table.header_.begin(), it, *it) != it) {
      return BadRecord(scanner, "the column '" + Excerpt(*it) + "' stands twice");
    }
  }
  for (std::vector<std::string> cells;;) {
    GRE_ASSIGN_OR_RETURN(const bool more, scanner.Next(cells));
    if (!more) return table;
    if (cells.size() != table.header_.size()) {
      return BadRecord(scanner, "expected " + std::to_string(table.header_.size()) +
                                    " cells, found " + std::to_string(cells.size()));
    }
    table.rows_.push_back({scanner.line(), cells});
  }
}

Result<CsvTable> CsvTable::Read(const std::string& path) {
  GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return Parse(path, text);
}

Result<size_t> CsvTable::Column(std::string_view column) const {
  const auto found = std::ranges::find(header_, column);
  if (found != header_.end()) {
    return static_cast<size_t>(found - header_.begin());
  }
  std::string known;
  constexpr size_t kShown = 20;
  for (size_t i = 0; i < std::min(header_.size(), kShown); ++i) {
    known.append(i == 0 ? "" : ", ").append(Excerpt(header_[i]));
  }
  if (header_.size() > kShown) known += ", …";
  return Error{ErrorCode::kInvalidInput,
               name_ + ": expected a column '" + std::string(column) + "', found " + known};
}

Error CsvTable::BadCell(size_t row, size_t column, std::string_view expected) const {
  return {ErrorCode::kInvalidInput, PlaceOf(row) + ": column '" + header_[column] + "': expected " +
                                        std::string(expected) + ", found '" +
                                        Excerpt(Cell(row, column)) + "'"};
}

std::string CsvTable::PlaceOf(size_t row) const {
  return name_ + ":" + std::to_string(rows_[row].line);
}

}  // namespace gre
