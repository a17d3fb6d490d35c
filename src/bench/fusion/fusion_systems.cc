#include "bench/fusion/fusion_systems.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "bench/fusion/place_folds.h"
#include "knowledge/place_namer.h"

namespace gre {
namespace {

std::vector<FusionInput> SortedByName(std::span<const FusionInput> inputs) {
  std::vector<FusionInput> sorted(inputs.begin(), inputs.end());
  std::ranges::sort(sorted, {}, &FusionInput::name);
  return sorted;
}

Result<Matching> Match(std::span<const TruthRecord> truth, const FusionInput& input) {
  auto matching = MatchPredictions(truth, input.predictions);
  if (!matching.ok()) return std::move(matching).error().Wrap(input.name);
  return std::move(*matching);
}

}  // namespace

Result<FusionPhotos> CollectVotes(std::span<const TruthRecord> truth,
                                  std::span<const FusionInput> inputs, double place_km) {
  FusionPhotos collected;
  std::vector<std::vector<FusionVote>> votes(truth.size());
  std::vector<bool> is_asked(truth.size());
  for (const FusionInput& input : SortedByName(inputs)) {
    GRE_ASSIGN_OR_RETURN(const Matching matching, Match(truth, input));
    for (const Matching::Pair& pair : matching.pairs) {
      is_asked[pair.truth] = true;
      const Prediction& prediction = input.predictions[pair.prediction];
      if (!prediction.point) continue;
      votes[pair.truth].push_back(
          {collected.systems.size(), *prediction.point, prediction.confidence});
    }
    collected.systems.push_back(input.name);
  }
  std::vector<std::optional<LatLng>> points;
  points.reserve(truth.size());
  for (const TruthRecord& record : truth) points.push_back(record.point);
  const std::vector<size_t> places = GroupPlaces(points, place_km);
  std::vector<size_t> sizes;
  for (size_t i = 0; i < truth.size(); ++i) {
    const TruthRecord& record = truth[i];
    const bool is_named = !record.country_code.empty() || !record.point;
    collected.photos.push_back(
        {.truth = record.point,
         .country_code = is_named ? record.country_code : CountryCodeAt(*record.point),
         .place = places[i],
         .is_asked = is_asked[i],
         .ballot = Ballot(std::move(votes[i]))});
    sizes.resize(std::max(sizes.size(), places[i] + 1));
    ++sizes[places[i]];
  }
  collected.places = sizes.size();
  if (!sizes.empty()) collected.largest_place = *std::ranges::max_element(sizes);
  return collected;
}

Result<std::vector<TruthRecord>> PhotosOf(std::span<const FusionInput> inputs) {
  std::vector<TruthRecord> photos;
  for (const FusionInput& input : SortedByName(inputs)) {
    GRE_ASSIGN_OR_RETURN(const Matching matching, Match(photos, input));
    std::vector<TruthRecord> added;
    for (const size_t index : matching.unmatched) {
      const std::string& id = input.predictions[index].id;
      if (!added.empty() && added.back().id == id) continue;  // a repetition
      added.push_back({.id = id});
    }
    // Repetitions that do not follow each other.
    std::ranges::stable_sort(added, {}, &TruthRecord::id);
    const auto same_id = [](const TruthRecord& a, const TruthRecord& b) { return a.id == b.id; };
    added.erase(std::unique(added.begin(), added.end(), same_id), added.end());
    photos.insert(photos.end(), added.begin(), added.end());
  }
  return photos;
}

std::vector<Prediction> FusedPredictions(std::span<const TruthRecord> truth,
                                         std::span<const FusedPhoto> photos) {
  std::vector<Prediction> predictions;
  for (size_t i = 0; i < truth.size(); ++i) {
    if (!photos[i].is_asked) continue;
    Prediction prediction = {.id = truth[i].id};
    if (const std::optional<FusedAnswer>& answer = photos[i].answer) {
      prediction.outcome = Outcome::kParsed;
      prediction.point = answer->point;
      prediction.confidence = photos[i].confidence;
    } else {
      prediction.outcome = Outcome::kUnparsed;
      prediction.reason = "no system gave coordinates";
    }
    predictions.push_back(std::move(prediction));
  }
  return predictions;
}

std::vector<Prediction> CompletePredictions(std::span<const TruthRecord> truth,
                                            std::span<const Prediction> predictions,
                                            const Matching& matching,
                                            std::span<const FusionPhoto> photos) {
  std::vector<Prediction> complete(predictions.begin(), predictions.end());
  for (const size_t index : matching.missing) {
    if (!photos[index].is_asked) continue;
    complete.push_back({.id = truth[index].id,
                        .outcome = Outcome::kEngineError,
                        .reason = "the system has no record of it"});
  }
  return complete;
}

std::vector<FusionGain> MeasureFusionGains(std::span<const TruthRecord> truth,
                                           std::span<const ComparedSystem> singles,
                                           const ComparedSystem& fused,
                                           const BootstrapOptions& bootstrap) {
  std::vector<FusionGain> gains;
  for (const ComparedSystem& single : singles) {
    const std::vector<ComparedSystem> pair = {single, fused};
    const Comparison comparison = *CompareSystems(truth, pair, {.bootstrap = bootstrap});
    const std::vector<MetricDifference>& metrics = comparison.systems.front().metrics;
    if (gains.empty()) gains.resize(metrics.size());
    for (size_t i = 0; i < metrics.size(); ++i) {
      const bool is_first = gains[i].best_single.empty();
      const double best = gains[i].difference.base;
      const bool is_better =
          std::isnan(best) ||
          (metrics[i].higher_is_better ? metrics[i].base > best : metrics[i].base < best);
      if (is_first || is_better) gains[i] = {single.name, metrics[i]};
    }
  }
  return gains;
}

}  // namespace gre
