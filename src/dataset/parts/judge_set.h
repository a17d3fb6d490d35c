#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/cancellation.h"
#include "core/result.h"
#include "dataset/dataset.h"

namespace gre {

// GRE30K's Judge: answers with chains, labelled True or False by their distance from the truth ([P]
// section 3.1 of GRE, arXiv 2505.18700), balanced so that no shortcut gives the label away.

struct JudgeOptions {
  // An answer not farther than this from a truth that is a point is True. Where the truth is a
  // country alone, True means inside it. Required where any truth is a point.
  std::optional<double> judge_theta_km = std::nullopt;
  // Most entries; unset: as many as the balance of labels allows.
  std::optional<int64_t> entries = std::nullopt;
  // Share of True; GRE's is unpublished. Unset: as it comes, no balance of labels.
  std::optional<double> true_share = 0.5;
  int64_t per_photo = 1;  // most entries a photo and label
  // True and False answers within theta / hard_factor and theta * hard_factor are marked hard;
  // where the truth is a country, False ones within hard_border_km of it.
  double hard_factor = 2;
  double hard_border_km = 100;
  uint64_t seed = 1;
};

// Of an answer's distance: below 1, 25, 200, 750, 2,500 km and above; of a truth that is a country:
// inside, below 750 and 2,500 km from it, and above.
std::string_view DistanceBand(double deviation_km);
std::string_view CountryBand(double distance_to_country_km);

struct JudgeSummary {
  int64_t photos = 0;      // of the part
  int64_t candidates = 0;  // answers with a label
  int64_t unread = 0;      // answers without a point
  int64_t entries = 0;
  int64_t labelled_true = 0;
  int64_t hard = 0;
  std::map<std::string, std::array<int64_t, 2>> by_band;    // False, True
  std::map<std::string, std::array<int64_t, 2>> by_region;  // continent of the truth
};

// Makes the entries of Judge anew from all replies, teachers' and rollouts', for the photos of the
// part (DividePhotos). Entries are taken in turn from the distance bands and regions of each label,
// in an order that depends on seed and ids alone.
Result<JudgeSummary> MakeJudgeSet(Dataset& dataset, const JudgeOptions& options,
                                  const CancellationToken& cancellation);

}  // namespace gre
