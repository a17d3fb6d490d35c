#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "bench/scoring.h"

namespace gre {
namespace {

Estimate ToEstimate(const MeanEstimate& mean) {
  return {mean.value, mean.low, mean.high, mean.count};
}

void CountOutcomes(std::span<const TruthRecord> truth, std::span<const Prediction> predictions,
                   const Matching& matching, Scores& scores) {
  scores.records = predictions.size();
  scores.unmatched = matching.unmatched.size();
  scores.duplicates = matching.duplicates.size();
  scores.missing = matching.missing.size();
  scores.matched_by_stem = matching.by_stem;
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

void SummarizeDistances(const MetricColumn& column, std::span<const double> percentiles,
                        Scores& scores) {
  std::vector<double> distances_km;
  std::ranges::copy_if(column.values, std::back_inserter(distances_km),
                       [](double value) { return !std::isnan(value); });
  std::ranges::sort(distances_km);
  const auto quantile = [&](double probability) -> Estimate {
    const Interval interval = BootstrapQuantile(distances_km, probability);
    const double value = distances_km.empty() ? std::numeric_limits<double>::quiet_NaN()
                                              : QuantileOfSorted(distances_km, probability);
    return {value, interval.low, interval.high, distances_km.size()};
  };
  scores.median_km = quantile(0.5);
  for (const double percent : percentiles) {
    scores.percentiles_km.push_back({percent, quantile(percent / 100)});
  }
}

void SummarizeConfidence(std::span<const TruthRecord> truth,
                         std::span<const Prediction> predictions, const RecordScores& records,
                         const BootstrapOptions& bootstrap, Scores& scores) {
  std::vector<JudgedAnswer> judged;
  std::vector<AnswerWithRadius> radii;
  const MetricColumn* country = records.Find("country");
  const MetricColumn& distance = *records.Find("distance_km");
  for (size_t row = 0; row < records.records.size(); ++row) {
    const Matching::Pair& pair = records.records[row];
    if (pair.prediction == RecordScores::kNoPrediction) continue;
    const Prediction& prediction = predictions[pair.prediction];
    if (!prediction.point) continue;
    if (country != nullptr && !std::isnan(prediction.confidence) &&
        !std::isnan(country->values[row])) {
      judged.push_back({prediction.confidence, country->values[row] > 0});
    }
    if (truth[pair.truth].point && !std::isnan(prediction.radius_p50_km) &&
        !std::isnan(prediction.radius_p90_km)) {
      radii.push_back({distance.values[row], prediction.radius_p50_km, prediction.radius_p90_km});
    }
  }
  scores.radius = ComputeRadiusCoverage(radii);
  scores.confidence.records = judged.size();
  if (judged.empty()) return;
  scores.confidence.calibration_error = ExpectedCalibrationError(judged);
  scores.confidence.auroc = Auroc(judged);
  scores.confidence.intervals = BootstrapCalibration(judged, bootstrap);
  scores.confidence.reliability = ReliabilityBins(judged);
  scores.confidence.risk_coverage = ComputeRiskCoverage(judged);
}

}  // namespace

Scores Summarize(std::span<const TruthRecord> truth, std::span<const Prediction> predictions,
                 const Matching& matching, const RecordScores& records,
                 const ScoreConventions& conventions, const BootstrapOptions& bootstrap) {
  Scores scores;
  CountOutcomes(truth, predictions, matching, scores);
  const size_t rows = records.records.size();
  const size_t width = records.columns.size();
  std::vector<double> table(rows * width);
  for (size_t column = 0; column < width; ++column) {
    for (size_t row = 0; row < rows; ++row) {
      table[row * width + column] = records.columns[column].values[row];
    }
  }
  const MeanEstimates means = EstimateFigures(table, width, bootstrap);
  scores.interval_method = means.method;
  const size_t thresholds = conventions.thresholds_km.size();
  for (size_t column = 0; column < width; ++column) {
    const Estimate estimate = ToEstimate(means.columns[column]);
    const std::string& name = records.columns[column].name;
    if (column < thresholds) {
      scores.accuracy.emplace_back(conventions.thresholds_km[column], estimate);
    } else if (name == "geoscore") {
      scores.geoscore = estimate;
    } else if (name == "distance_km") {
      scores.mean_km = estimate;
    } else {
      scores.places.emplace_back(name, estimate);
    }
  }
  SummarizeDistances(*records.Find("distance_km"), conventions.percentiles, scores);
  SummarizeConfidence(truth, predictions, records, bootstrap, scores);
  return scores;
}

}  // namespace gre
