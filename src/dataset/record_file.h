#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"

namespace gre {

// The value of one field of a record.
struct FieldValue {
  enum class Kind {
    kMissing,  // the record has no such field; in CSV: an empty cell
    kNull,
    kText,
    kNumber,
    kBool,
    kOther,  // a JSON array or object; `text` is its JSON
  };
  Kind kind = Kind::kMissing;
  std::string text;   // as written; empty when missing or null
  double number = 0;  // of kNumber

  [[nodiscard]] bool present() const { return kind > Kind::kNull; }
  // The number of a kNumber, or that the whole text is; a trailing degree sign is allowed.
  [[nodiscard]] std::optional<double> AsNumber() const;
};

// Records whose fields are looked up by name: CSV and TSV (by extension .csv, .tsv) under a header
// line of at most 10,000 columns, otherwise JSON: a line each, the elements of one array, or one
// object over several lines. A JSON number that no double holds (1e400) becomes text. A field of a
// JSON record is a key, or keys joined by dots ("answer.latitude"). The apostrophe before a CSV
// cell that would be a formula in a spreadsheet ('-7.jpg) is no part of its text. The file is
// mapped and read forward, one record in memory; records are limited to 64 MiB (kMaxRecordBytes). A
// file whose first record is wrong does not open. Not thread-safe.
class RecordFile {
 public:
  static Result<RecordFile> Open(const std::string& path);
  // The same over a text that the caller keeps; `name` stands in errors and chooses the format.
  static Result<RecordFile> Parse(std::string name, std::string_view text);
  RecordFile(RecordFile&&) noexcept;
  RecordFile& operator=(RecordFile&&) noexcept;
  ~RecordFile();

  // From now on Next gives kCancelled once the token is cancelled; it must outlive the reading.
  void StopWhen(const CancellationToken& cancellation) { cancellation_ = &cancellation; }

  // The columns, or the fields of the first 16 JSON records with nested ones ("answer",
  // "answer.latitude").
  [[nodiscard]] const std::vector<std::string>& fields() const;
  [[nodiscard]] bool HasField(std::string_view name) const;
  // The first of `candidates` that is a field, letter case aside, spelled as in the file.
  [[nodiscard]] std::optional<std::string> FindField(
      std::span<const std::string_view> candidates) const;

  // Reads the next record: values[i] is that of names[i]; "" is no field, whatever the file holds.
  // False at the end. Errors name file, line and where JSON ends being JSON also the column;
  // reading goes on behind a record with an error.
  Result<bool> Next(std::span<const std::string> names, std::vector<FieldValue>& values);

  // The JSON of the last record; for CSV empty.
  [[nodiscard]] std::string_view json() const;
  // The line on which the last record began, from 1, and "FILE:LINE".
  [[nodiscard]] size_t line() const;
  [[nodiscard]] std::string Place() const;
  [[nodiscard]] const std::string& name() const;

 private:
  class Source;
  class CsvSource;
  class JsonSource;
  explicit RecordFile(std::unique_ptr<Source> source);
  static Result<RecordFile> Make(std::string name, std::string_view text,
                                 std::shared_ptr<const void> owner);
  std::unique_ptr<Source> source_;
  const CancellationToken* cancellation_ = nullptr;
};

}  // namespace gre
