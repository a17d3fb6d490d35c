#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"
#include "core/result.h"
#include "dataset/import/source_record.h"

namespace gre {

// What one of our own exports tells beside its records (provenance.jsonl): the photo's id, source
// fields and truth's precision, the reply's teacher, what reviewers and the Judge set said. The
// file stays mapped, 16 bytes a record are in memory. A line that cannot be read is passed over:
// its record then says what it says itself. Not thread-safe.
class ProvenanceIndex {
 public:
  // The folder of an export (export.json of schema gre.export/1 and provenance.jsonl).
  static Result<ProvenanceIndex> Open(const std::string& folder);

  // "gre", "llamafactory", …
  [[nodiscard]] const std::string& format() const { return format_; }

  // Fills id, kind, split, author, licence, taken, URL, precision and country of a record whose
  // `finished` says part and split, and what is finished about it. The n-th call for an image is
  // its n-th line. False where there is none.
  bool Fill(const std::string& image, SourceRecord& record);

 private:
  struct Line {
    uint64_t key;
    uint64_t offset;
  };
  [[nodiscard]] std::string_view Text() const;
  std::string format_;
  std::shared_ptr<const MappedFile> file_;
  std::vector<Line> lines_;  // by key, then offset
  uint64_t last_key_ = 0;    // records of an image follow each other
  size_t last_count_ = 0;
};

// The index of the export that a file of records lies in: beside it or, in GRE's form, one folder
// up. Not thread-safe.
class ProvenanceFinder {
 public:
  // nullptr where there is no export; valid until the next call.
  Result<ProvenanceIndex*> OfFile(const std::string& file);

 private:
  std::string folder_;
  std::optional<ProvenanceIndex> index_;  // of folder_
};

}  // namespace gre
