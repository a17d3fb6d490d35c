#include <algorithm>
#include <cmath>
#include <limits>

#include "bench/scoring.h"

namespace gre {
namespace {

constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
constexpr double kPercentiles[] = {10, 25, 75, 90};

std::vector<double> Applicable(const MetricColumn& column) {
  std::vector<double> values;
  values.reserve(column.values.size());
  std::ranges::copy_if(column.values, std::back_inserter(values),
                       [](double value) { return !std::isnan(value); });
  return values;
}

Estimate MeanEstimate(std::span<const double> values, const BootstrapOptions& bootstrap) {
  if (values.empty()) return {kNotANumber, kNotANumber, kNotANumber, 0};
  const Interval interval = BootstrapMean(values, bootstrap);
  return {Mean(values), interval.low, interval.high, values.size()};
}

void CountOutcomes(std::span<const TruthRecord> truth, std::span<const Prediction> predictions,
                   const Matching& matching, Scores& scores) {
  scores.records = predictions.size();
  scores.unmatched = matching.unmatched.size();
  scores.duplicates = matching.duplicates.size();
  scores.missing = matching.missing.size();
  scores.scored = matching.pairs.size();
  for (const Matching::Pair& pair : matching.pairs) {
    const Prediction& prediction = predictions[pair.prediction];
    switch (prediction.outcome) {
      case Outcome::kParsed:
        ++scores.parsed;
        scores.abstained += prediction.abstained ? 1 : 0;
        break;
      case Outcome::kUnparsed:
        ++scores.unparsed;
        break;
      case Outcome::kRefused:
        ++scores.refused;
        break;
      case Outcome::kEngineError:
        ++scores.engine_error;
        break;
    }
    scores.country_only += truth[pair.truth].point ? 0 : 1;
  }
}

}  // namespace

Scores Summarize(std::span<const TruthRecord> truth, std::span<const Prediction> predictions,
                 const Matching& matching, const RecordScores& records,
                 const ScoreConventions& conventions, const BootstrapOptions& bootstrap) {
  Scores scores;
  CountOutcomes(truth, predictions, matching, scores);
  for (const double threshold_km : conventions.thresholds_km) {
    scores.accuracy.emplace_back(
        threshold_km,
        MeanEstimate(Applicable(*records.Find(AccuracyName(threshold_km))), bootstrap));
  }
  scores.geoscore = MeanEstimate(Applicable(*records.Find("geoscore")), bootstrap);

  std::vector<double> distances_km = Applicable(*records.Find("distance_km"));
  scores.mean_km = MeanEstimate(distances_km, bootstrap);
  std::ranges::sort(distances_km);
  scores.median_km = {Median(distances_km), kNotANumber, kNotANumber, distances_km.size()};
  if (!distances_km.empty()) {
    for (const double percent : kPercentiles) {
      scores.percentiles_km.push_back({percent, QuantileOfSorted(distances_km, percent / 100)});
    }
  }
  for (const MetricColumn& column : records.columns) {
    if (column.name == "country") {
      scores.places.emplace_back(column.name, MeanEstimate(Applicable(column), bootstrap));
    }
  }
  return scores;
}

}  // namespace gre
