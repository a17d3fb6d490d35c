#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/fusion/fusion.h"
#include "bench/records.h"
#include "core/cancellation.h"
#include "core/result.h"

namespace gre {

// Learning how far each system can be trusted, and measuring what fusing is worth on photos that
// nothing was learned from. Deterministic, also in the number of processors.

// One photo with all its answers. Systems are numbered in the order of their names.
struct FusionPhoto {
  std::optional<LatLng> truth = {};  // absent: the photo is fused but not learned from
  std::string country_code = {};     // of the truth, for the confidence; empty: not known
  size_t place = 0;                  // GroupPlaces
  bool is_asked = false;             // a system has a record of it
  Ballot ballot{{}};
};

// Twelve, simplest first; six when no vote states a confidence.
std::vector<FusionSettings> SettingsToTry(bool has_confidence);

struct FusedPhoto {
  std::optional<FusedAnswer> answer = {};
  double confidence = 0;  // that its country is right; of no answer 0
  bool is_asked = false;  // as of the photo
};

struct CrossValidatedFusion {
  // By photo; made by a model that was fitted, with all its choices, without the photo's fold.
  std::vector<FusedPhoto> photos = {};
  std::vector<size_t> fold = {};              // by photo
  std::vector<FusionSettings> settings = {};  // chosen, by fold
  FusionModel model = {};                     // fitted on all photos, for later use
};

// All photos with one model.
std::vector<FusedPhoto> FusePhotos(std::span<const FusionPhoto> photos, const FusionModel& model);

// How many of the fits of a cross-validation are done; called by one thread at a time.
using FusionProgress = std::function<void(size_t done, size_t all)>;

// A model's settings are those of highest utility, the mean of GeoScore / 5000 and of the hits at
// 1, 25, 200, 750 and 2,500 km, where each photo is fused with reliabilities from photos of other
// places (five folds by place, or as many as there are places); with equal utility the simplest, in
// the order of SettingsToTry. With a single place there is nothing to choose by: the first.
//
// kInvalidInput when there are fewer places than folds, kCancelled. Runs on all processors.
Result<CrossValidatedFusion> CrossValidateFusion(std::span<const FusionPhoto> photos,
                                                 std::span<const std::string> systems, size_t folds,
                                                 uint64_t seed,
                                                 const CancellationToken& cancellation = {},
                                                 const FusionProgress& progress = {});

}  // namespace gre
