#include "dataset/csv_table.h"

#include <algorithm>
#include <utility>

#include "core/file.h"

namespace gre {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Error BadLine(const std::string& name, size_t line, const std::string& what) {
  return {ErrorCode::kInvalidInput, name + ":" + std::to_string(line) + ": " + what};
}

// Splits a text into records; `line` of each is where it begins.
class RecordReader {
 public:
  RecordReader(const std::string& name, std::string_view text) : name_(name), text_(text) {}

  // The next record with content; no cells at the end.
  Result<std::vector<std::string>> Next() {
    std::vector<std::string> cells;
    while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) {
      SkipOne();
    }
    begin_ = line_;
    if (at_ == text_.size()) {
      return cells;
    }
    for (;;) {
      GRE_ASSIGN_OR_RETURN(std::string cell, NextCell());
      cells.push_back(std::move(cell));
      if (at_ < text_.size() && text_[at_] == ',') {
        SkipOne();
        continue;
      }
      return cells;
    }
  }

  [[nodiscard]] size_t line() const { return begin_; }

 private:
  void SkipOne() { line_ += text_[at_++] == '\n' ? 1 : 0; }

  [[nodiscard]] bool AtEndOfCell() const {
    return at_ == text_.size() || text_[at_] == ',' || text_[at_] == '\n' ||
           text_.substr(at_, 2) == "\r\n";
  }

  Result<std::string> NextCell() {
    std::string cell;
    if (at_ == text_.size() || text_[at_] != '"') {
      for (; !AtEndOfCell(); SkipOne()) {
        cell.push_back(text_[at_]);
      }
      return cell;
    }
    const size_t opened = line_;
    SkipOne();
    while (at_ < text_.size()) {
      if (text_[at_] != '"') {
        cell.push_back(text_[at_]);
        SkipOne();
      } else if (text_.substr(at_, 2) == "\"\"") {
        cell.push_back('"');
        at_ += 2;
      } else {
        SkipOne();
        if (!AtEndOfCell()) {
          return BadLine(name_, line_, "expected a comma or the line's end after a quoted cell");
        }
        return cell;
      }
    }
    return BadLine(name_, opened, "a quoted cell is not closed");
  }

  const std::string& name_;
  std::string_view text_;
  size_t at_ = 0;
  size_t line_ = 1;
  size_t begin_ = 1;
};

}  // namespace

Result<CsvTable> CsvTable::Parse(std::string name, std::string_view text) {
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  CsvTable table;
  table.name_ = std::move(name);
  RecordReader reader(table.name_, text);
  GRE_ASSIGN_OR_RETURN(table.header_, reader.Next());
  if (table.header_.empty()) {
    return Error{ErrorCode::kInvalidInput, table.name_ + ": expected a header line, found nothing"};
  }
  for (auto it = table.header_.begin(); it != table.header_.end(); ++it) {
    if (std::find(table.header_.begin(), it, *it) != it) {
      return BadLine(table.name_, reader.line(), "the column '" + *it + "' stands twice");
    }
  }
  for (;;) {
    GRE_ASSIGN_OR_RETURN(std::vector<std::string> cells, reader.Next());
    if (cells.empty()) {
      return table;
    }
    if (cells.size() != table.header_.size()) {
      return BadLine(table.name_, reader.line(),
                     "expected " + std::to_string(table.header_.size()) + " cells, found " +
                         std::to_string(cells.size()));
    }
    table.rows_.push_back({reader.line(), std::move(cells)});
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
  for (const std::string& name : header_) {
    known += (known.empty() ? "" : ", ") + name;
  }
  return Error{ErrorCode::kInvalidInput,
               name_ + ": expected a column '" + std::string(column) + "', found " + known};
}

Error CsvTable::BadCell(size_t row, size_t column, std::string_view expected) const {
  return {ErrorCode::kInvalidInput, PlaceOf(row) + ": column '" + header_[column] + "': expected " +
                                        std::string(expected) + ", found '" + Cell(row, column) +
                                        "'"};
}

std::string CsvTable::PlaceOf(size_t row) const {
  return name_ + ":" + std::to_string(rows_[row].line);
}

}  // namespace gre
