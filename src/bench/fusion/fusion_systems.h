#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "bench/compare/comparison.h"
#include "bench/fusion/fusion_fit.h"
#include "bench/matching.h"
#include "bench/records.h"
#include "core/result.h"
#include "metrics/bootstrap.h"

namespace gre {

// Between files of predictions and fusion.

struct FusionInput {
  std::string name;
  std::span<const Prediction> predictions;
};

struct FusionPhotos {
  std::vector<std::string> systems;  // names, sorted
  std::vector<FusionPhoto> photos;   // by truth
  size_t places = 0;
  size_t largest_place = 0;  // photos of it
};

// The votes of all systems on each photo of the truth. The order of the inputs does not matter.
// kInvalidInput for ambiguous ids.
Result<FusionPhotos> CollectVotes(std::span<const TruthRecord> truth,
                                  std::span<const FusionInput> inputs, double place_km);

// The photos that any of the systems has a record of, as truth records that hold an id only: what
// is fused where no truth is known. In the order of the inputs sorted by name.
Result<std::vector<TruthRecord>> PhotosOf(std::span<const FusionInput> inputs);

// Fused answers as predictions of their own, for the photos that any system has a record of. A
// photo that none answered is unparsed.
std::vector<Prediction> FusedPredictions(std::span<const TruthRecord> truth,
                                         std::span<const FusedPhoto> photos);

// A system's predictions and, of each photo that another system has a record of and this one has
// not, one without an answer: so all systems and the fused answers are measured on the same photos.
std::vector<Prediction> CompletePredictions(std::span<const TruthRecord> truth,
                                            std::span<const Prediction> predictions,
                                            const Matching& matching,
                                            std::span<const FusionPhoto> photos);

// One figure of the fused answers against that of the single system that is best in it. The best
// one is chosen in hindsight on the same photos, which favours it.
struct FusionGain {
  std::string best_single;
  MetricDifference difference;  // `base` is the best single system's
};

// For every metric that CompareSystems knows. `singles` are complete (CompletePredictions). A
// system that a figure does not apply to is best in it only where it applies to none.
std::vector<FusionGain> MeasureFusionGains(std::span<const TruthRecord> truth,
                                           std::span<const ComparedSystem> singles,
                                           const ComparedSystem& fused,
                                           const BootstrapOptions& bootstrap);

}  // namespace gre
