#include "bench/scoring.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/parallel.h"
#include "core/strings.h"
#include "knowledge/place_namer.h"

namespace gre {
namespace {

constexpr double kNotApplicable = std::numeric_limits<double>::quiet_NaN();

bool IsHit(double distance_km, double threshold_km, Boundary boundary) {
  return boundary == Boundary::kInclusive ? distance_km <= threshold_km
                                          : distance_km < threshold_km;
}

// The columns of one run, filled record by record.
class RecordScorer {
 public:
  RecordScorer(const ScoreConventions& conventions, const RecordScoreOptions& options,
               size_t records)
      : conventions_(conventions), options_(options) {
    const auto add = [&](std::string name, bool higher_is_better) {
      columns_.push_back(
          {std::move(name), higher_is_better, std::vector<double>(records, kNotApplicable)});
    };
    for (const double threshold_km : conventions.thresholds_km) {
      add(AccuracyName(threshold_km), true);
    }
    add("geoscore", true);
    add("distance_km", false);
    if (options.country) add("country", true);
  }

  // `points`: the true place, or those that stand for its country. Thread-safe for different rows.
  void Score(size_t row, const TruthRecord& truth, const Prediction* prediction,
             std::span<const LatLng> points) {
    const std::optional<LatLng> answer = prediction == nullptr ? std::nullopt : prediction->point;
    using Unparsed = ScoreConventions::Unparsed;
    if (!answer && conventions_.unparsed == Unparsed::kDrop) return;
    const size_t thresholds = conventions_.thresholds_km.size();
    const bool has_distance = answer || conventions_.unparsed == Unparsed::kDistance;
    std::vector<double> hits(thresholds);
    double distance_sum = 0;
    double geoscore_sum = 0;
    for (const LatLng& point : points) {
      if (!has_distance) break;
      const double distance_km = answer ? conventions_.distance.DistanceKm(*answer, point)
                                        : conventions_.unparsed_distance_km;
      distance_sum += distance_km;
      for (size_t i = 0; i < thresholds; ++i) {
        hits[i] += IsHit(distance_km, conventions_.thresholds_km[i], conventions_.boundary) ? 1 : 0;
      }
      const double geoscore =
          GeoScore(answer ? conventions_.geoscore_distance.DistanceKm(*answer, point) : distance_km,
                   conventions_.geoscore_scale_km);
      geoscore_sum += conventions_.round_geoscore ? std::round(geoscore) : geoscore;
    }
    if (!points.empty()) {
      const auto count = static_cast<double>(points.size());
      for (size_t i = 0; i < thresholds; ++i) {
        const double threshold_km = conventions_.thresholds_km[i];
        const bool applicable = truth.point ? threshold_km >= truth.precision_km
                                            : threshold_km >= kFinestCountryThresholdKm;
        if (applicable) columns_[i].values[row] = hits[i] / count;
      }
      columns_[thresholds].values[row] = geoscore_sum / count;
      if (has_distance) columns_[thresholds + 1].values[row] = distance_sum / count;
    }
    if (!options_.country) return;
    const std::string code = TruthCountryCode(truth);
    if (!code.empty()) {
      columns_[thresholds + 2].values[row] = answer && CountryCodeAt(*answer) == code ? 1 : 0;
    }
  }

  std::vector<MetricColumn> TakeColumns() { return std::move(columns_); }

 private:
  const ScoreConventions& conventions_;
  const RecordScoreOptions& options_;
  std::vector<MetricColumn> columns_;
};

}  // namespace

std::string AccuracyName(double threshold_km) { return "acc@" + FormatShortest(threshold_km); }

Result<ScoreConventions> ConventionPreset(std::string_view name) {
  ScoreConventions conventions;
  conventions.preset = name;
  if (name == "osv5m") {
    conventions.distance = {DistanceConvention::Model::kHaversine, kMeanEarthRadiusKm};
    conventions.boundary = Boundary::kStrict;
    return conventions;
  }
  if (name == "pigeon") {
    conventions.distance = {DistanceConvention::Model::kHaversine, kEquatorialRadiusKm};
    conventions.boundary = Boundary::kStrict;
    conventions.geoscore_distance = conventions.distance;
    conventions.round_geoscore = true;
    return conventions;
  }
  // GRE publishes no evaluation code: its geodesic is that of its reward, the rest is assumed.
  if (name == "geoclip" || name == "gre") return conventions;
  return Error{ErrorCode::kInvalidArgument,
               "--preset: expected osv5m, pigeon, geoclip or gre, "
               "found '" +
                   std::string(name) + "'"};
}

std::vector<std::string_view> ChangedFromPreset(const ScoreConventions& conventions) {
  std::vector<std::string_view> changed;
  if (conventions.preset.empty()) return changed;
  const auto preset = ConventionPreset(conventions.preset);
  if (!preset.ok()) return changed;
  const auto compare = [&](std::string_view name, bool is_same) {
    if (!is_same) changed.push_back(name);
  };
  compare("distance", conventions.distance.Name() == preset->distance.Name());
  compare("boundary", conventions.boundary == preset->boundary);
  compare("thresholds", conventions.thresholds_km == preset->thresholds_km);
  compare("unparsed", conventions.unparsed == preset->unparsed);
  compare("missing", conventions.count_missing == preset->count_missing);
  compare("geoscore", conventions.geoscore_scale_km == preset->geoscore_scale_km);
  return changed;
}

const MetricColumn* RecordScores::Find(std::string_view name) const {
  const auto found = std::ranges::find(columns, name, &MetricColumn::name);
  return found == columns.end() ? nullptr : &*found;
}

RecordScores ScoreRecords(std::span<const TruthRecord> truth,
                          std::span<const Prediction> predictions, const Matching& matching,
                          const ScoreConventions& conventions, const CountryPoints& country_points,
                          const RecordScoreOptions& options) {
  RecordScores scores;
  scores.records = matching.pairs;
  if (conventions.count_missing) {
    for (const size_t index : matching.missing) {
      scores.records.push_back({index, RecordScores::kNoPrediction});
    }
  }
  std::map<std::string, std::vector<LatLng>, std::less<>> areas;
  for (const Matching::Pair& pair : scores.records) {
    const TruthRecord& record = truth[pair.truth];
    if (record.point || areas.contains(record.country_code)) continue;
    areas.emplace(record.country_code, country_points(record.country_code));
  }
  RecordScorer scorer(conventions, options, scores.records.size());
  ParallelFor(scores.records.size(), {.min_items = 1000}, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      const Matching::Pair& pair = scores.records[row];
      const TruthRecord& record = truth[pair.truth];
      const Prediction* prediction =
          pair.prediction == RecordScores::kNoPrediction ? nullptr : &predictions[pair.prediction];
      const std::span<const LatLng> points =
          record.point ? std::span(&*record.point, 1)
                       : std::span<const LatLng>(areas.find(record.country_code)->second);
      scorer.Score(row, record, prediction, points);
    }
  });
  scores.columns = scorer.TakeColumns();
  return scores;
}

}  // namespace gre
