#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "dataset/entry_table.h"
#include "store/database.h"

namespace gre {

enum class ReviewDecision { kKeep, kFix, kDrop };
std::string_view ReviewDecisionName(ReviewDecision decision);  // "keep", "fix", "drop"
std::optional<ReviewDecision> ParseReviewDecision(std::string_view name);

// Why a chain is fixed or dropped: GRE's annotators correct hallucinated descriptions, inconsistent
// reasoning and format ([P] App. A.3 of arXiv 2505.18700); the others are ours.
struct ReviewReason {
  char key;  // in the terminal
  std::string_view name;
  std::string_view meaning;
};
std::span<const ReviewReason> ReviewReasons();
const ReviewReason* FindReviewReason(char key);
const ReviewReason* FindReviewReason(std::string_view name);

// What one annotator decided about one entry (table reviews).
struct Review {
  DataPart part = DataPart::kCot;
  int64_t photo = 0, reply = 0;
  std::string annotator;
  ReviewDecision decision = ReviewDecision::kKeep;
  std::vector<std::string> reasons = {};  // names of ReviewReasons
  std::string chain = {};                 // of a fix: the whole corrected reply
  std::string decided = {};               // when; assigned by Put where empty
};

class ReviewTable {
 public:
  explicit ReviewTable(Database& database) : database_(&database) {}

  // Replaces the annotator's earlier decision on the entry.
  Status Put(const Review& review);
  Status Remove(const Review& review);
  // Of all annotators, by name.
  Result<std::vector<Review>> Of(const DataEntry& entry);
  // Of a part behind (photo, reply), in order of these and annotators; an empty page is the end.
  Result<std::vector<Review>> Page(DataPart part, int64_t after_photo, int64_t after_reply,
                                   size_t limit);
  // The entries of a part that the annotator has not decided, behind (photo, reply).
  Result<std::vector<DataEntry>> Undecided(DataPart part, const std::string& annotator,
                                           int64_t after_photo, int64_t after_reply, size_t limit);
  Result<int64_t> CountUndecided(DataPart part, const std::string& annotator);

 private:
  Database* database_;
};

}  // namespace gre
