#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/matching.h"
#include "bench/records.h"
#include "core/result.h"
#include "metrics/accuracy.h"
#include "metrics/bootstrap.h"
#include "metrics/calibration.h"

namespace gre {

// How answers are turned into numbers, where published evaluations differ (docs/metrics.md).
struct ScoreConventions {
  // What answers are: "coordinates", or "names" of places, geocoded (bench/name_geocoder.h).
  std::string protocol = "coordinates";
  std::string preset;  // "osv5m", "pigeon", "geoclip", "gre"; empty: chosen one by one
  DistanceConvention distance = {};
  Boundary boundary = Boundary::kInclusive;
  std::vector<double> thresholds_km = {1, 25, 200, 750, 2500};
  std::vector<double> percentiles = {10, 25, 75, 90};  // of the answers' distances, in (0, 100)

  // What counts for an answer without coordinates.
  enum class Unparsed {
    kWrong,     // misses every threshold, GeoScore 0
    kDrop,      // is left out of every figure
    kDistance,  // is `unparsed_distance_km` away
  };
  Unparsed unparsed = Unparsed::kWrong;
  double unparsed_distance_km = 0;
  // Truths that no prediction answers: left out (and counted), or as unparsed ones.
  bool count_missing = false;

  double geoscore_scale_km = kGeoScoreScaleKm;
  bool round_geoscore = false;  // each record's score to a whole number (PIGEON)
  DistanceConvention geoscore_distance = {DistanceConvention::Model::kHaversine,
                                          kMeanEarthRadiusKm};
};

// The conventions of a published evaluation; kInvalidArgument lists the names.
Result<ScoreConventions> ConventionPreset(std::string_view name);

// What differs from the preset that the conventions name: "distance", "boundary", "thresholds",
// "unparsed", "missing", "geoscore". Empty without a preset.
std::vector<std::string_view> ChangedFromPreset(const ScoreConventions& conventions);

// Points that stand for a country whose photos have no coordinates; empty for an unknown one.
using CountryPoints = std::function<std::vector<LatLng>(std::string_view country_code)>;

// Thresholds below it are not applicable where only the country is known.
inline constexpr double kFinestCountryThresholdKm = 750;

// One number for each record. NaN: not applicable to that record.
struct MetricColumn {
  std::string name;  // "acc@25", "geoscore", "distance_km", "country", "region", …
  bool higher_is_better = true;
  std::vector<double> values;
};

// What every record is worth; all figures, comparisons and breakdowns are made from these columns.
struct RecordScores {
  std::vector<Matching::Pair> records;  // Matching::pairs, then missing truths where they count
  std::vector<MetricColumn> columns;    // accuracies, geoscore, distance_km, country

  static constexpr size_t kNoPrediction = static_cast<size_t>(-1);  // Pair::prediction of those
  [[nodiscard]] const MetricColumn* Find(std::string_view name) const;
};

std::string AccuracyName(double threshold_km);  // "acc@25", "acc@0.5"

struct RecordScoreOptions {
  // The column "country": whether the point lies in the true country, by borders (the truth's
  // country, else that of its point).
  bool country = true;
};

// Scores every record. A truth with `precision_km` above a threshold is not applicable there. Where
// only the country is known, accuracies from 750 km, GeoScore and distance are their means over
// `country_points` of that country, finer thresholds not applicable. Runs on all processors.
RecordScores ScoreRecords(std::span<const TruthRecord> truth,
                          std::span<const Prediction> predictions, const Matching& matching,
                          const ScoreConventions& conventions, const CountryPoints& country_points,
                          const RecordScoreOptions& options = {});

// A figure over records with its 95 % interval. NaN where no record is applicable.
struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;
  size_t records = 0;  // that it is made of
};

struct PercentileKm {
  double percent = 0;
  Estimate distance_km;
};

struct Scores {
  // Disjoint: records = unmatched + duplicates + scored; scored = the four that follow.
  size_t records = 0;
  size_t unmatched = 0;
  size_t duplicates = 0;
  size_t scored = 0;
  size_t parsed = 0;
  size_t unparsed = 0;
  size_t refused = 0;
  size_t engine_error = 0;

  size_t missing = 0;          // truths without a prediction
  size_t matched_by_stem = 0;  // of the scored: by ids that are not the same (bench/matching.h)
  size_t abstained = 0;        // parsed answers beside an abstention
  size_t country_only = 0;     // scored truths without a point

  std::vector<std::pair<double, Estimate>> accuracy;  // by threshold in km
  Estimate geoscore;
  Estimate mean_km;
  Estimate median_km;
  std::vector<PercentileKm> percentiles_km;  // of parsed answers, as the conventions ask
  // "country", "nearest_country", "region", …: those that were computed.
  std::vector<std::pair<std::string, Estimate>> places;
  std::string interval_method;         // how the intervals were made
  std::vector<BenchWarning> warnings;  // what makes the figures doubtful (bench/detectors.h)

  // Of parsed answers that state a confidence, against whether the country is right.
  struct Confidence {
    size_t records = 0;  // 0: none stated, the rest is not computed
    double calibration_error = 0;
    double auroc = 0;
    CalibrationIntervals intervals;
    std::vector<ReliabilityBin> reliability;
    RiskCoverage risk_coverage;
  };
  Confidence confidence;
  RadiusCoverage radius;  // of parsed answers that state radii, where the true point is known
};

Scores Summarize(std::span<const TruthRecord> truth, std::span<const Prediction> predictions,
                 const Matching& matching, const RecordScores& scores,
                 const ScoreConventions& conventions, const BootstrapOptions& bootstrap);

}  // namespace gre
