#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "dataset/dataset.h"
#include "dataset/entry_table.h"
#include "metrics/agreement.h"

namespace gre {

struct AdjudicationOptions {
  int64_t min_annotators = 3;    // as GRE
  std::string adjudicator = {};  // whose decision ends a tie; counts for no agreement
};

struct AdjudicationSummary {
  int64_t entries = 0;
  int64_t reviewed = 0;  // by enough annotators, and decided
  int64_t kept = 0, fixed = 0, dropped = 0;
  int64_t too_few = 0;            // entries with some decisions, but not enough
  std::vector<std::string> open;  // ids of photos without a majority, or with fixes that differ
  Agreement agreement;            // Fleiss' kappa over keep, fix and drop
};

// Applies what the annotators decided: the adjudicator's decision where there is one, else what
// more than half of at least `min_annotators` say; a fix stands when those who fix agree on the
// text. Entries are marked with the annotators' names; all others stay "none". Decisions that were
// applied before and no longer hold are undone.
Result<AdjudicationSummary> ApplyReviews(Dataset& dataset, DataPart part,
                                         const AdjudicationOptions& options);

}  // namespace gre
