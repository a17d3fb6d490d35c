#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "dataset/entry_table.h"
#include "dataset/photo_table.h"
#include "store/database.h"

namespace gre {

// A finished record with all that an export tells of it.
struct ExportRow {
  DataEntry entry;
  Photo photo;  // without perceptual hash and duplicate group
  // Of the reply that the entry is made of; empty for Seed.
  std::string reply_text, prompt_hash, created;
  std::string teacher, teacher_kind, model;
  std::optional<LatLng> answer;
};

// The finished data joined with photos, replies and teachers, for reading. Not thread-safe.
class ExportTable {
 public:
  explicit ExportTable(Database& database) : database_(&database) {}

  // At most `limit` records behind (photo, reply), in that order; an empty page is the end.
  Result<std::vector<ExportRow>> Page(DataPart part, const std::string& split, int64_t after_photo,
                                      int64_t after_reply, size_t limit);

  struct PartCount {
    DataPart part = DataPart::kSeed;
    std::string split;
    int64_t records = 0;
    int64_t with_point = 0;  // whose truth is a point
  };
  // What there is to export, by part and split; reviewers' drops are left out.
  Result<std::vector<PartCount>> Count();
  // Different authors of the photos of a part and split.
  Result<int64_t> CountAuthors(const std::vector<DataPart>& parts, const std::string& split);

  // Photos that a finding drops, one row a reason.
  struct Drop {
    int64_t photo = 0;
    std::string id, source, stage, reason, detail;
  };
  // Behind (photo, stage, reason), in that order.
  Result<std::vector<Drop>> Drops(const Drop& after, size_t limit);

 private:
  Database* database_;
};

}  // namespace gre
