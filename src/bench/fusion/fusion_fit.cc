#include "bench/fusion/fusion_fit.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <set>
#include <utility>

#include "bench/fusion/place_folds.h"
#include "core/parallel.h"
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

// What every vote is worth, found once: many fits ask for it.
class JudgedVotes {
 public:
  explicit JudgedVotes(std::span<const FusionPhoto> photos) {
    first_.reserve(photos.size() + 1);
    for (const FusionPhoto& photo : photos) {
      first_.push_back(distances_km_.size());
      for (const FusionVote& vote : photo.ballot.votes()) {
        distances_km_.push_back(photo.truth ? HaversineDistanceKm(vote.point, *photo.truth) : 0);
        in_country_.push_back(!photo.country_code.empty() &&
                              CountryCodeAt(vote.point) == photo.country_code);
      }
    }
  }

  // Of a photo whose truth is known.
  [[nodiscard]] double DistanceKm(size_t photo, size_t vote) const {
    return distances_km_[first_[photo] + vote];
  }
  // Of a photo whose country is known.
  [[nodiscard]] bool IsInCountry(size_t photo, size_t vote) const {
    return in_country_[first_[photo] + vote];
  }

 private:
  std::vector<size_t> first_;  // vote of each photo
  std::vector<double> distances_km_;
  std::vector<bool> in_country_;
};

// The photos with what does not depend on what is tried.
struct Material {
  std::span<const FusionPhoto> photos;
  std::span<const std::string> systems;
  const JudgedVotes& votes;
  const CancellationToken& cancellation;
};

Error Cancelled() { return {ErrorCode::kCancelled, "fusing was interrupted"}; }

double Utility(double distance_km) {
  double sum = GeoScore(distance_km) / kMaxGeoScore;
  for (const double threshold_km : kThresholdsKm) sum += distance_km <= threshold_km ? 1 : 0;
  return sum / (1 + std::size(kThresholdsKm));
}

// Without the confidence of the fused answer.
FusionModel FitReliabilities(const Material& material, std::span<const size_t> rows,
                             const FusionSettings& settings) {
  const std::span<const std::string> systems = material.systems;
  std::vector<std::vector<StatedOutcome>> outcomes(systems.size());
  for (const size_t row : rows) {
    const FusionPhoto& photo = material.photos[row];
    if (!photo.truth) continue;
    const std::vector<FusionVote>& votes = photo.ballot.votes();
    for (size_t i = 0; i < votes.size(); ++i) {
      outcomes[votes[i].system].push_back(
          {votes[i].confidence, Worth(settings.measure, material.votes.DistanceKm(row, i))});
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

Result<Trial> TrySettings(const Material& material, std::span<const Split> splits,
                          const FusionSettings& settings) {
  Trial trial;
  for (const Split& split : splits) {
    if (material.cancellation.IsCancelled()) return Cancelled();
    const FusionModel model = FitReliabilities(material, split.outside, settings);
    for (const size_t row : split.inside) {
      const FusionPhoto& photo = material.photos[row];
      const std::optional<FusedAnswer> answer = photo.ballot.Fuse(model);
      if (!answer) continue;
      if (photo.truth) {
        trial.utility +=
            Utility(answer->is_median ? HaversineDistanceKm(answer->point, *photo.truth)
                                      : material.votes.DistanceKm(row, answer->vote));
      }
      if (!photo.country_code.empty()) {
        const bool right = material.votes.IsInCountry(row, answer->vote);
        trial.countries.push_back({answer->support, right ? 1.0 : 0.0});
      }
    }
  }
  return trial;
}

Result<FusionModel> Fit(const Material& material, std::span<const size_t> rows, uint64_t seed) {
  std::vector<size_t> places;
  for (const size_t row : rows) places.push_back(material.photos[row].place);
  const size_t distinct = std::set<size_t>(places.begin(), places.end()).size();
  const std::vector<FusionSettings> candidates =
      SettingsToTry(HasConfidence(material.photos, rows));
  if (distinct < 2) return FitReliabilities(material, rows, candidates.front());

  const size_t folds = std::min(kInnerFolds, distinct);
  GRE_ASSIGN_OR_RETURN(const std::vector<size_t> fold, FoldsByPlace(places, folds, seed));
  const std::vector<Split> splits = SplitRows(rows, fold, folds);
  FusionSettings best = candidates.front();
  Trial best_trial = {.utility = -1};
  for (const FusionSettings& settings : candidates) {
    GRE_ASSIGN_OR_RETURN(Trial trial, TrySettings(material, splits, settings));
    if (trial.utility > best_trial.utility) {
      best = settings;
      best_trial = std::move(trial);
    }
  }
  FusionModel model = FitReliabilities(material, rows, best);
  model.confidence = FitMonotoneCalibration(best_trial.countries);
  return model;
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

Result<CrossValidatedFusion> CrossValidateFusion(std::span<const FusionPhoto> photos,
                                                 std::span<const std::string> systems, size_t folds,
                                                 uint64_t seed,
                                                 const CancellationToken& cancellation,
                                                 const FusionProgress& progress) {
  std::vector<size_t> places;
  std::vector<size_t> rows;
  for (size_t row = 0; row < photos.size(); ++row) {
    places.push_back(photos[row].place);
    rows.push_back(row);
  }
  CrossValidatedFusion result;
  GRE_ASSIGN_OR_RETURN(result.fold, FoldsByPlace(places, folds, seed));
  const JudgedVotes votes(photos);
  const Material material = {photos, systems, votes, cancellation};
  const std::vector<Split> splits = SplitRows(rows, result.fold, folds);
  std::vector<Result<FusionModel>> models(folds + 1, Result<FusionModel>(FusionModel{}));
  std::mutex mutex;
  size_t done = 0;
  ParallelFor(models.size(), {}, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {  // the last one: of all photos
      models[i] =
          Fit(material, i < folds ? std::span<const size_t>(splits[i].outside) : rows, seed);
      const std::lock_guard lock(mutex);
      ++done;
      if (progress) progress(done, models.size());
    }
  });
  result.photos.resize(photos.size());
  for (size_t i = 0; i < folds; ++i) {
    GRE_ASSIGN_OR_RETURN(const FusionModel model, std::move(models[i]));
    result.settings.push_back(model.settings);
    for (const size_t row : splits[i].inside) result.photos[row] = FusePhoto(photos[row], model);
  }
  GRE_ASSIGN_OR_RETURN(result.model, std::move(models[folds]));
  return result;
}

}  // namespace gre
