#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/result.h"
#include "dataset/dataset.h"
#include "dataset/import/import.h"
#include "dataset/import/source_record.h"
#include "dataset/photo_table.h"
#include "dataset/teacher/imported_reply.h"

namespace gre {

// Puts the records of one source into a dataset: judges the truth, stores the photo, counts. Writes
// some hundreds of records at once; a record whose photo is stored is in the same transaction or
// not there at all. Not thread-safe.
class RecordImporter {
 public:
  // `source` is what the table calls it. `report` is counted up once records are committed.
  RecordImporter(Dataset& dataset, const ImportOptions& options, std::string source,
                 ImportReport& report);

  Status Add(SourceRecord record);
  // Writes what is left and, where there were any, the list of rejected records.
  Status Finish();

 private:
  struct Item {
    SourceRecord record;
    Photo photo;
    std::vector<TruthFlag> flags;
    std::string failure;  // why the photo cannot be stored; a finding
    Status status = {};   // of the disk
  };

  void AddExample(std::string example);
  void Reject(const std::string& place, const std::string& id, const std::string& reason,
              const std::string& detail);
  Status Write();
  Status PassOverKnown(std::vector<Item>& items);
  void StoreItem(Item& item) const;
  Status Insert(Item& item, ImportReport& counts);
  // Counts a record whose id is taken: known already, or in conflict.
  Status CountTaken(const Item& item, const Photo& there, ImportReport& counts);
  Status AddReplies(const SourceRecord& record, const Photo& photo, ImportReport& counts);
  // What was finished data in the source is finished here.
  Status AddFinished(const SourceRecord& record, const Photo& photo);

  Dataset& dataset_;
  const ImportOptions& options_;
  std::string source_;
  ImportReport& report_;
  PhotoTable photos_;
  ImportedReplies replies_;
  EntryTable entries_;
  TruthJudge judge_;
  std::vector<Item> batch_;
  size_t batch_bytes_ = 0;
  int64_t first_new_ = 0;  // numbers above are of this run
  std::optional<AtomicFileWriter> rejected_;
  std::string rejected_path_;
  Status rejected_status_ = {};
};

// Stores a photo by its content and fills sha256, extension, width, height, bytes and presence.
// kInvalidInput where it is no picture. `link_from`: the file that holds the bytes, for a hard
// link; "" for a copy.
Status StorePhoto(const ImageFolder& images, std::string_view bytes, const std::string& name,
                  const std::string& link_from, Photo& photo);

}  // namespace gre
