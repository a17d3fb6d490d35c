#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/matching.h"
#include "bench/records.h"
#include "bench/scoring.h"
#include "core/result.h"
#include "metrics/bootstrap.h"

namespace gre {

// Scores by kind of photo. Pure, thread-safe.

// The group of records that do not say to which they belong; never dropped.
inline constexpr std::string_view kGroupNotStated = "(not stated)";

// The group of each truth under `by`: "country" (alpha-2), "continent", "subregion" (United Nations
// M49) of the stated country, else of the one that holds the point; or any label of the truth, such
// as "category", "indicator", "environment". A label goes before what is computed.
// kInvalidArgument, with the labels that there are, when no record has it.
Result<std::vector<std::string>> GroupNames(std::span<const TruthRecord> truth,
                                            std::string_view by);

struct RecordGroup {
  std::string name = {};
  std::vector<size_t> rows = {};  // indices into the records, ascending
};

// The records by the group of their truth; large groups first, equal ones by name, those not stated
// last. `names` is GroupNames of the truth.
std::vector<RecordGroup> GroupRecords(std::span<const std::string> names,
                                      std::span<const Matching::Pair> records);

struct BreakdownOptions {
  // Groups of fewer records are listed without figures: their intervals would be as wide as the
  // scale.
  size_t min_records = 10;
  BootstrapOptions bootstrap = {};
};

struct BreakdownGroup {
  std::string name = {};
  size_t records = 0;
  bool too_small = false;
  std::vector<Estimate> figures = {};  // one for each metric; NaN when too small or not applicable
};

struct Breakdown {
  std::string by = {};
  size_t min_records = 0;
  std::vector<std::string> metrics = {};  // names of the columns
  std::vector<BreakdownGroup> groups = {};
};

// Means of every column over each group, with bootstrap intervals.
Result<Breakdown> BreakDownScores(std::span<const TruthRecord> truth, const RecordScores& scores,
                                  std::string_view by, const BreakdownOptions& options = {});

}  // namespace gre
