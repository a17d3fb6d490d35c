#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "dataset/dataset.h"
#include "dataset/teacher/asking.h"

namespace gre {

// A file of replies that some model gave earlier: CSV, TSV, JSON or JSON Lines.
struct RecordedFile {
  std::string path;
  std::string teacher = {};                    // "": the file's name without extension
  std::string id_field = {}, text_field = {};  // "": as the file spells them (field_names.h)
  bool json_fields_only = false;               // ReadReply
  TokenPrice price = {};  // where the file tells tokens ("usage.prompt_tokens",
                          // "usage_info.input_tokens" and the like)
};

struct RecordedSummary {
  int64_t records = 0;
  int64_t stored = 0;
  int64_t earlier = 0;               // there already
  int64_t unmatched = 0;             // no photo of this id, or one that a finding drops
  int64_t empty = 0;                 // no reply in the record: an error of the engine
  int64_t broken = 0;                // no record at all: cut or wrong JSON, too many cells
  std::vector<std::string> remarks;  // "FILE:LINE: …" for the first of these, at most 1000
};

// Stores the replies of the photos that take part, several of one photo as its samples in the order
// of the file. The ids are the photos', with or without the extension of an image. Reads forward,
// one record in memory; interrupted, the same call goes on.
Result<RecordedSummary> StoreRecordedReplies(Dataset& dataset, const RecordedFile& file,
                                             const std::function<void(int64_t done)>& progress,
                                             const CancellationToken& cancellation);

}  // namespace gre
