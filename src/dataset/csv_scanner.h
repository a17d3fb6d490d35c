#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace gre {

// No record of any text format is longer.
inline constexpr size_t kMaxRecordBytes = size_t{64} << 20;

// Splits a text of separated values into records (RFC 4180: quotes, doubled quotes, line ends
// inside quotes; LF, CRLF or CR between records; a byte order mark is passed over). Linear, one
// record in memory. Not thread-safe; the text must outlive it.
class CsvScanner {
 public:
  // `name` stands in errors.
  CsvScanner(std::string name, std::string_view text, char separator = ',');

  // Fills `cells` with the next record that has content; false at the end of the text.
  // kInvalidInput names the line of a quoted cell that is not closed or goes on after its quote,
  // and of a record above kMaxRecordBytes, behind which nothing is read.
  Result<bool> Next(std::vector<std::string>& cells);

  // Where the last record began, from 1.
  [[nodiscard]] size_t line() const { return begin_; }
  // "NAME:LINE" of it.
  [[nodiscard]] std::string Place() const { return name_ + ":" + std::to_string(begin_); }

 private:
  [[nodiscard]] bool AtEndOfCell() const;
  Status NextCell(std::string& cell);
  Status CheckLength();

  std::string name_;
  std::string_view text_;
  char separator_;
  size_t at_ = 0;
  size_t line_ = 1;
  size_t begin_ = 1;     // line of the record
  size_t begin_at_ = 0;  // where it begins in the text
};

}  // namespace gre
