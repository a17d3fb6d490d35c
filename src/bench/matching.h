#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "bench/records.h"
#include "core/result.h"

namespace gre {

// Which prediction answers which truth. All numbers are indices into the given records.
struct Matching {
  struct Pair {
    size_t truth = 0;
    size_t prediction = 0;
  };
  std::vector<Pair> pairs;         // in the order of the truth
  std::vector<size_t> unmatched;   // predictions without truth
  std::vector<size_t> duplicates;  // further predictions for a truth that has one
  std::vector<size_t> missing;     // truths without a prediction
  size_t by_stem = 0;              // pairs whose ids are not the same
};

// Matches equal ids first. Predictions that are left are matched by stem with the truths that are
// left, where one of the two ids has no folder, or both have the same folder and one has no
// extension: "x/a.jpg" with "a", "a.png" or "x/a", never with "y/a.jpg". Whoever finds none is
// unmatched. Of several predictions for one truth the first counts, unless it is an engine error
// and a later one is a reply (a retry). A stem that stands for several truths that are left, or
// that predictions of different ids share, is ambiguous: kInvalidInput names it and them. Every
// prediction is in exactly one of pairs, unmatched and duplicates.
Result<Matching> MatchPredictions(std::span<const TruthRecord> truth,
                                  std::span<const Prediction> predictions);

}  // namespace gre
