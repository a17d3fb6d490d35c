#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "store/database.h"

namespace gre {

// The parts of the finished data.
enum class DataPart { kCot, kJudge, kSeed };
std::string_view DataPartName(DataPart part);  // "cot", "judge", "seed"
std::optional<DataPart> ParseDataPart(std::string_view name);

// One record of the finished data (table entries). CoT and Judge name the reply that they are made
// of, Seed has none.
struct DataEntry {
  DataPart part = DataPart::kSeed;
  int64_t photo = 0;
  int64_t reply = 0;                   // table replies; 0: none
  std::optional<bool> label;           // judge: is the answer right?
  std::optional<double> deviation_km;  // of the answer from a truth that is a point
  std::string band;                    // judge: of the deviation; "in_country", "elsewhere"
  bool hard = false;                   // judge: near theta
  std::string split = "train";         // "train", "dev", "test"
  std::string chain;                   // as corrected by reviewers; empty: the reply's own text
  std::string reviewed = "none";       // or the annotators
  bool dropped = false;                // by reviewers
};

// The finished data and which part each photo is for. Not thread-safe.
class EntryTable {
 public:
  explicit EntryTable(Database& database) : database_(&database) {}

  // Replaces all photos of all parts; entries of a part that their photo has left go. The caller
  // sees to it that duplicates stay together.
  Status AssignParts(const std::vector<std::pair<int64_t, DataPart>>& photos);
  // Photos of a part behind number `after`, in order.
  Result<std::vector<int64_t>> PhotosOf(DataPart part, int64_t after, size_t limit);

  // Replaces all entries of a part by those that `fill` adds, but keeps what reviewers decided on
  // entries that stay. One transaction: an error of `fill` leaves everything as it was.
  using AddEntry = std::function<Status(const DataEntry&)>;
  Status Replace(DataPart part, const std::function<Status(const AddEntry&)>& fill);
  // Adds one that is finished already, and its photo to the part; nothing where the photo is for
  // another part or the entry is there.
  Status AddFinished(const DataEntry& entry);
  // At most `limit` entries behind (photo, reply), in that order, without dropped ones; an empty
  // page is the end.
  Result<std::vector<DataEntry>> Page(DataPart part, int64_t after_photo, int64_t after_reply,
                                      size_t limit);
  Result<int64_t> Count(DataPart part);
  Status SetReview(const DataEntry& entry);  // chain, reviewed and dropped
  // Every entry of the part is as nobody reviewed it.
  Status ClearReviews(DataPart part);

 private:
  Status Put(const DataEntry& entry);
  Database* database_;
};

}  // namespace gre
