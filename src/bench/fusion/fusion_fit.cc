#include "bench/fusion/fusion_fit.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "bench/fusion/place_folds.h"
#include "geo/geodesic.h"
#include "knowledge/place_namer.h"
#include "metrics/accuracy.h"

namespace gre {
namespace {

constexpr double kThresholdsKm[] = {1, 25, 200, 750, 2500};
constexpr size_t kInnerFolds = 5;

using Measure = FusionSettings::Measure;
using Weight = FusionSettings::Weight;

double Worth(Measure measure, double distance_km) {
  switch (measure) {
    case Measure::kGeoScore:
      return GeoScore(distance_km) / kMaxGeoScore;
    case Measure::kWithin25Km:
      return distance_km <= 25 ? 1 : 0;
    case Measure::kWithin200Km:
      return distance_km <= 200 ? 1 : 0;
  }
  return 0;
}

double Utility(const std::optional<FusedAnswer>& answer, const LatLng& truth) {
  if (!answer) return 0;
  const double distance_km = HaversineDistanceKm(answer->point, truth);
  double sum = GeoScore(distance_km) / kMaxGeoScore;
  for (const double threshold_km : kThresholdsKm) sum += distance_km <= threshold_km ? 1 : 0;
  return sum / (1 + std::size(kThresholdsKm));
}

// Without the confidence of the fused answer.
FusionModel FitReliabilities(std::span<const FusionPhoto> photos, std::span<const size_t> rows,
                             std::span<const std::string> systems, const FusionSettings& settings) {
  std::vector<std::vector<StatedOutcome>> outcomes(systems.size());
  for (const size_t row : rows) {
    const FusionPhoto& photo = photos[row];
    if (!photo.truth) continue;
    for (const FusionVote& vote : photo.ballot.votes()) {
      outcomes[vote.system].push_back(
          {vote.confidence,
           Worth(settings.measure, HaversineDistanceKm(vote.point, *photo.truth))});
    }
  }
  FusionModel model = {.settings = settings};
  for (size_t system = 0; system < systems.size(); ++system) {
    model.systems.push_back(
        {systems[system],
         FitMonotoneCalibration(outcomes[system], {.use_stated = settings.use_confidence})});
  }
  return model;
}

// The rows of `rows` by fold.
struct Split {
  std::vector<size_t> inside;
  std::vector<size_t> outside;
};
std::vector<Split> SplitRows(std::span<const size_t> rows, std::span<const size_t> fold,
                             size_t folds) {
  std::vector<Split> splits(folds);
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t f = 0; f < folds; ++f) {
      (fold[i] == f ? splits[f].inside : splits[f].outside).push_back(rows[i]);
    }
  }
  return splits;
}

bool HasConfidence(std::span<const FusionPhoto> photos, std::span<const size_t> rows) {
  return std::ranges::any_of(rows, [&](size_t row) {
    return std::ranges::any_of(photos[row].ballot.votes(),
                               [](const FusionVote& vote) { return !std::isnan(vote.confidence); });
  });
}

// What one choice of settings gives where each row is fused without its place.
struct Trial {
  double utility = 0;
  std::vector<StatedOutcome> countries = {};  // support, whether the country is right
};

Trial TrySettings(std::span<const FusionPhoto> photos, std::span<const Split> splits,
                  std::span<const std::string> systems, const FusionSettings& settings) {
  Trial trial;
  for (const Split& split : splits) {
    const FusionModel model = FitReliabilities(photos, split.outside, systems, settings);
    for (const size_t row : split.inside) {
      const FusionPhoto& photo = photos[row];
      const std::optional<FusedAnswer> answer = photo.ballot.Fuse(model);
      if (photo.truth) trial.utility += Utility(answer, *photo.truth);
      if (answer && !photo.country_code.empty()) {
        const bool right = CountryCodeAt(answer->point) == photo.country_code;
        trial.countries.push_back({answer->support, right ? 1.0 : 0.0});
      }
    }
  }
  return trial;
}

FusedPhoto FusePhoto(const FusionPhoto& photo, const FusionModel& model) {
  FusedPhoto fused = {.answer = photo.ballot.Fuse(model), .is_asked = photo.is_asked};
  if (fused.answer) fused.confidence = model.confidence.Probability(fused.answer->support);
  return fused;
}

}  // namespace

std::vector<FusedPhoto> FusePhotos(std::span<const FusionPhoto> photos, const FusionModel& model) {
  std::vector<FusedPhoto> fused;
  fused.reserve(photos.size());
  for (const FusionPhoto& photo : photos) fused.push_back(FusePhoto(photo, model));
  return fused;
}

std::vector<FusionSettings> SettingsToTry(bool has_confidence) {
  std::vector<FusionSettings> settings;
  for (const bool use_confidence : {false, true}) {
    if (use_confidence && !has_confidence) continue;
    for (const Weight weight : {Weight::kShare, Weight::kOdds}) {
      for (const Measure measure :
           {Measure::kGeoScore, Measure::kWithin25Km, Measure::kWithin200Km}) {
        settings.push_back({measure, weight, use_confidence});
      }
    }
  }
  return settings;
}

FusionModel FitFusion(std::span<const FusionPhoto> photos, std::span<const size_t> rows,
                      std::span<const std::string> systems, uint64_t seed) {
  std::vector<size_t> places;
  for (const size_t row : rows) places.push_back(photos[row].place);
  const size_t distinct = std::set<size_t>(places.begin(), places.end()).size();
  const std::vector<FusionSettings> candidates = SettingsToTry(HasConfidence(photos, rows));
  if (distinct < 2) return FitReliabilities(photos, rows, systems, candidates.front());

  const size_t folds = std::min(kInnerFolds, distinct);
  const std::vector<size_t> fold = *FoldsByPlace(places, folds, seed);
  const std::vector<Split> splits = SplitRows(rows, fold, folds);
  FusionSettings best = candidates.front();
  Trial best_trial = {.utility = -1};
  for (const FusionSettings& settings : candidates) {
    Trial trial = TrySettings(photos, splits, systems, settings);
    if (trial.utility > best_trial.utility) {
      best = settings;
      best_trial = std::move(trial);
    }
  }
  FusionModel model = FitReliabilities(photos, rows, systems, best);
  model.confidence = FitMonotoneCalibration(best_trial.countries);
  return model;
}

Result<CrossValidatedFusion> CrossValidateFusion(std::span<const FusionPhoto> photos,
                                                 std::span<const std::string> systems, size_t folds,
                                                 uint64_t seed) {
  std::vector<size_t> places;
  std::vector<size_t> rows;
  for (size_t row = 0; row < photos.size(); ++row) {
    places.push_back(photos[row].place);
    rows.push_back(row);
  }
  CrossValidatedFusion result;
  GRE_ASSIGN_OR_RETURN(result.fold, FoldsByPlace(places, folds, seed));
  result.photos.resize(photos.size());
  for (const Split& split : SplitRows(rows, result.fold, folds)) {
    const FusionModel model = FitFusion(photos, split.outside, systems, seed);
    result.settings.push_back(model.settings);
    for (const size_t row : split.inside) {
      result.photos[row] = FusePhoto(photos[row], model);
    }
  }
  result.model = FitFusion(photos, rows, systems, seed);
  return result;
}

}  // namespace gre
