#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "bench/leakage.h"
#include "bench/matching.h"
#include "bench/records.h"

namespace gre {

// Looks for what makes a predictions file's scores doubtful and says so. Nothing is corrected, and
// a warning is no proof: each says what was counted. Thresholds are ours; real outputs of four
// models stay below all of them but `placeholder_*` (docs/metrics.md).
struct DetectorOptions {
  // Fewer answers than this show nothing.
  size_t min_answers = 5;

  // "swapped", "sign_flipped", "radians": the answers as another reading would have them
  // (latitude and longitude exchanged, a sign turned, radians taken as degrees). A reading is
  // reported when it brings the median distance below this share of what it is as written …
  double max_median_ratio = 0.25;
  // … or when at least this share of the answers (and 3) lies beyond `far_km` as written and within
  // `near_km` in that reading. Answers that are impossible as written and possible exchanged count
  // as exchanged.
  double min_reading_share = 0.02;
  double far_km = 1000;
  double near_km = 100;

  // "identical": the most frequent answer's share, unless photos of one place are as frequent in
  // the truth.
  double max_identical_share = 0.1;
  // "rounded": share of answers that are whole degrees in both coordinates.
  double max_rounded_share = 0.2;
  // "placeholder": share of answers that are exactly 0, 0 (and 3 of them).
  double max_placeholder_share = 0.01;

  // "country_points": in at least two countries with `min_country_answers` answers each, this share
  // of them is the country's most frequent one: names of countries turned into points.
  double max_country_point_share = 0.5;
  size_t min_country_answers = 5;
  // "centroid": share of the answers in countries above `centroid_area_km2` that lie within
  // `centroid_km` of the middle of the country's area; by chance it is a few percent.
  double max_centroid_share = 0.3;
  double centroid_km = 50;
  double centroid_area_km2 = 250000;
  // The two above look at this many answers, evenly spaced.
  size_t max_country_lookups = 4000;

  LeakageOptions leakage;
};

// The warnings about matched predictions, in the order above, then those of bench/leakage.h. Truths
// of which only the country is known take part where no distance is needed. Runs on all processors.
std::vector<BenchWarning> DetectProblems(std::span<const TruthRecord> truth,
                                         std::span<const Prediction> predictions,
                                         const Matching& matching,
                                         const DetectorOptions& options = {});

}  // namespace gre
