#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace gre {

// Cells of a CSV text (RFC 4180: quotes, doubled quotes, line ends inside them) under a header
// line; columns are found by name. Strict: every record has as many cells as the header, column
// names differ. Errors name the file and the line.
class CsvTable {
 public:
  // `name` stands in errors.
  static Result<CsvTable> Parse(std::string name, std::string_view text);
  static Result<CsvTable> Read(const std::string& path);

  [[nodiscard]] size_t rows() const { return rows_.size(); }
  // An error that names the columns there are, when there is none of this name.
  [[nodiscard]] Result<size_t> Column(std::string_view column) const;
  [[nodiscard]] const std::string& Cell(size_t row, size_t column) const {
    return rows_[row].cells[column];
  }
  // "NAME:LINE: column 'COLUMN': expected ..., found '...'"
  [[nodiscard]] Error BadCell(size_t row, size_t column, std::string_view expected) const;
  // "NAME:LINE", for errors about a whole record.
  [[nodiscard]] std::string PlaceOf(size_t row) const;

 private:
  struct Row {
    size_t line;
    std::vector<std::string> cells;
  };

  std::string name_;
  std::vector<std::string> header_;
  std::vector<Row> rows_;
};

}  // namespace gre
