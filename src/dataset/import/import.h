#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "dataset/dataset.h"
#include "dataset/import/download.h"
#include "dataset/import/list_fields.h"

namespace gre {

enum class SourceFormat {
  kAuto,           // by what the source is, see DetectFormat
  kFolder,         // photos with GPS metadata
  kPhotoFolder,    // splits.csv and labels.csv (dataset/photo_folder.h)
  kList,           // CSV, TSV, JSON, JSON Lines
  kYfcc,           // the YFCC100M table, which has no header
  kShards,         // WebDataset tar files
  kConversations,  // GRE's JSON, LLaMA-Factory's sharegpt, VLM-R1's JSON Lines
};

struct ImportOptions {
  std::vector<std::string> sources;
  SourceFormat format = SourceFormat::kAuto;
  // What the photos' table calls the source; "": the base name of each.
  std::string source_name = {};
  std::string prefix = {};  // before each id: "PREFIX/ID"
  ListFields fields = {};
  // Where files that records name are looked for; "": the folder of the source.
  std::string root = {};
  bool photos = true;    // false: records without photos; URLs are kept
  bool download = true;  // false: URLs stay wanted
  bool link = false;     // hard links instead of copies of photo files, where that can be
  DownloadOptions downloads = {};
};

struct ImportProgress {
  bool downloading = false;
  int64_t done = 0;
  int64_t total = 0;  // 0: unknown
};

// What came of it. records = added + there + all that was rejected.
struct ImportReport {
  int64_t records = 0;
  int64_t added = 0;
  int64_t there = 0;                             // that an earlier import had brought
  std::map<std::string, int64_t> rejected = {};  // records by reason: not in the dataset
  std::map<std::string, int64_t> flagged = {};   // photos by reason: findings
  int64_t replies = 0;                           // chains that came along and were new
  int64_t photos = 0;                            // stored from files and archives
  DownloadReport downloads = {};
  // Every rejected record: a CSV file of place, id, reason, detail; "" when there is none.
  std::string rejected_file = {};
  // The first of them and of the photos that cannot be read, for people.
  std::vector<std::string> examples = {};
  bool interrupted = false;
};

// What a source is: a folder with splits.csv, one with dataset_info.json or GRE's files, one with
// tar files and no photos beside them, else one of photos; a tar file; a file of records, with
// conversations or without. kNotFound where there is nothing.
Result<SourceFormat> DetectFormat(const std::string& source);

// Brings the records of all sources into the dataset, then downloads what they want. Records whose
// id is there from the same source with the same truth are passed over, so that an import that was
// interrupted, or killed, goes on when it is run again. A record that cannot be used is counted and
// listed and stops nothing. Errors concern a whole source, the store or the disk.
Result<ImportReport> ImportInto(Dataset& dataset, const ImportOptions& options,
                                const CancellationToken& cancellation,
                                const std::function<void(const ImportProgress&)>& progress);

}  // namespace gre
