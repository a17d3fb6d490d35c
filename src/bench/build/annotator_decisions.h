#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"
#include "dataset/review/review_table.h"
#include "metrics/agreement.h"

namespace gre {

// What a person says about a photo of a benchmark: can country and city be inferred from it? The
// other fields come from `gre bench review`; files that were written by hand may lack them.
struct AnnotatorDecision {
  bool country = false;
  bool city = false;
  ReviewDecision decision = ReviewDecision::kKeep;
  std::vector<std::string> reasons = {};    // names of CandidateReasons
  std::vector<std::string> key_steps = {};  // of a fix: all that the photo is to have
};

// Why a candidate is fixed or dropped, or kept although its city cannot be inferred.
std::span<const ReviewReason> CandidateReasons();
inline constexpr char kCityReason = 'c';     // the country can be inferred, the city cannot
inline constexpr char kNeitherReason = 'n';  // GREval's rule: dropped where two annotators say so

inline constexpr size_t kFewestAnnotators = 3;  // as GREval

struct AnnotatorDecisions {
  std::vector<std::string> annotators;  // names of the files without folder and extension
  // By photo id; in the order of `annotators`.
  std::map<std::string, std::vector<AnnotatorDecision>, std::less<>> photos;
};

// One CSV file an annotator, with the columns id, country and city; yes and no (also y, n, true,
// false, 1, 0) in any letter case; and, where they are there, decision (keep, fix, drop), reasons
// (names between blanks) and key_steps (a line each, of fixes). Strict: fewer than three files, an
// id that stands twice or is missing from one of the files and any other word are kInvalidInput
// with file, line and column.
Result<AnnotatorDecisions> ReadAnnotatorDecisions(std::span<const std::string> paths);

// One annotator's file, in its order; an unfinished one may lack photos.
using DecisionList = std::vector<std::pair<std::string, AnnotatorDecision>>;
Result<DecisionList> ReadDecisionFile(const std::string& path);
// Atomic.
Status WriteDecisionFile(const std::string& path, const DecisionList& decisions);

struct AnnotatorAgreement {
  Agreement country;
  Agreement city;
  Agreement neither;  // whether neither can be inferred
  Agreement drop;     // whether that, or the annotator drops it: what the drop rule looks at
};

// Fleiss' kappa over all photos.
AnnotatorAgreement MeasureAgreement(const AnnotatorDecisions& decisions);

// How many annotators drop the photo, or say that neither country nor city can be inferred.
size_t DropVotes(std::span<const AnnotatorDecision> decisions);
// Those votes in words: "2 of 3 annotators can infer neither country nor city".
std::string DropReason(std::span<const AnnotatorDecision> decisions);

// The key steps that more than half of the annotators who keep or fix a photo want: who keeps it
// wants the draft, who fixes it those of the fix. In the order of the draft, then of the fixes.
std::vector<std::string> RevisedKeySteps(const std::vector<std::string>& draft,
                                         std::span<const AnnotatorDecision> decisions);

}  // namespace gre
