#include "report/score_json.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"
#include "report/conventions_text.h"

namespace gre {
namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson NumberOrNull(double value) {
  return std::isnan(value) ? OrderedJson(nullptr) : OrderedJson(value);
}

OrderedJson EstimateJson(const Estimate& estimate) {
  return {{"value", NumberOrNull(estimate.value)},
          {"low", NumberOrNull(estimate.low)},
          {"high", NumberOrNull(estimate.high)},
          {"records", estimate.records}};
}

OrderedJson ConfidenceJson(const Scores::Confidence& confidence) {
  if (confidence.records == 0) return nullptr;
  OrderedJson reliability = OrderedJson::array();
  for (const ReliabilityBin& bin : confidence.reliability) {
    if (bin.count == 0) continue;
    reliability.push_back({{"low", bin.low},
                           {"high", bin.high},
                           {"records", bin.count},
                           {"mean_confidence", bin.mean_confidence},
                           {"accuracy", bin.accuracy}});
  }
  return {{"records", confidence.records},
          {"calibration_error", confidence.calibration_error},
          {"auroc", NumberOrNull(confidence.auroc)},
          {"aurc", confidence.risk_coverage.aurc},
          {"reliability", reliability}};
}

OrderedJson RadiusJson(const RadiusCoverage& radius) {
  if (radius.count == 0) return nullptr;
  const auto share = [&](double value, const Interval& interval) {
    return EstimateJson({value, interval.low, interval.high, radius.count});
  };
  return {{"inside_p50", share(radius.inside_p50, radius.inside_p50_interval)},
          {"inside_p90", share(radius.inside_p90, radius.inside_p90_interval)}};
}

OrderedJson WarningsJson(const std::vector<BenchWarning>& warnings) {
  OrderedJson json = OrderedJson::array();
  for (const BenchWarning& warning : warnings) {
    json.push_back(
        {{"kind", warning.kind}, {"records", warning.records}, {"message", warning.message}});
  }
  return json;
}

OrderedJson GalleryJson(const GalleryOverlap& overlap) {
  return {{"points", overlap.gallery_points},
          {"truths", overlap.truths},
          {"within_0.01_km", overlap.repeated},
          {"within_1_km", overlap.within_1_km}};
}

OrderedJson PublishedJson(const PublishedBenchmark& benchmark) {
  const auto optional = [](const std::optional<double>& value) {
    return value ? OrderedJson(*value) : OrderedJson(nullptr);
  };
  OrderedJson rows = OrderedJson::array();
  for (const PublishedRow& row : benchmark.rows) {
    OrderedJson accuracy = OrderedJson::object();
    for (size_t i = 0; i < row.accuracy_percent.size(); ++i) {
      accuracy[FormatShortest(benchmark.thresholds_km[i])] = optional(row.accuracy_percent[i]);
    }
    rows.push_back({{"system", row.system},
                    {"year", row.year},
                    {"accuracy_percent", accuracy},
                    {"mean_km", optional(row.mean_km)},
                    {"geoscore", optional(row.geoscore)},
                    {"country_percent", optional(row.country_percent)},
                    {"chain_quality", optional(row.chain_quality)},
                    {"protocol", row.protocol},
                    {"source", row.source},
                    {"mark", row.read_in_source ? "V" : "S"},
                    {"caveat", row.caveat}});
  }
  return {{"benchmark", benchmark.title}, {"caveat", benchmark.caveat}, {"rows", rows}};
}

}  // namespace

std::string ScoreJson(const Scores& scores, const ScoreConventions& conventions, int indent,
                      const BesideScores& beside) {
  OrderedJson accuracy = OrderedJson::object();
  for (const auto& [threshold_km, estimate] : scores.accuracy) {
    accuracy[FormatShortest(threshold_km)] = EstimateJson(estimate);
  }
  OrderedJson places = OrderedJson::object();
  for (const auto& [name, estimate] : scores.places) places[name] = EstimateJson(estimate);
  OrderedJson percentiles = OrderedJson::object();
  for (const PercentileKm& percentile : scores.percentiles_km) {
    percentiles[FormatShortest(percentile.percent)] = percentile.distance_km;
  }
  OrderedJson stated = OrderedJson::object();
  for (const auto& [name, value] : DescribeConventions(conventions)) stated[name] = value;
  stated["intervals"] = scores.interval_method;
  OrderedJson json = {{"schema", "gre.score/1"},
                      {"records", scores.records},
                      {"unmatched", scores.unmatched},
                      {"duplicates", scores.duplicates},
                      {"scored", scores.scored},
                      {"parsed", scores.parsed},
                      {"unparsed", scores.unparsed},
                      {"refused", scores.refused},
                      {"engine_error", scores.engine_error},
                      {"missing", scores.missing},
                      {"matched_by_stem", scores.matched_by_stem},
                      {"abstained", scores.abstained},
                      {"country_only", scores.country_only},
                      {"accuracy", accuracy},
                      {"median_km", NumberOrNull(scores.median_km.value)},
                      {"mean_km", NumberOrNull(scores.mean_km.value)},
                      {"median_km_interval", EstimateJson(scores.median_km)},
                      {"mean_km_interval", EstimateJson(scores.mean_km)},
                      {"percentiles_km", percentiles},
                      {"geoscore", EstimateJson(scores.geoscore)},
                      {"places", places},
                      {"confidence", ConfidenceJson(scores.confidence)},
                      {"radius", RadiusJson(scores.radius)},
                      {"warnings", WarningsJson(scores.warnings)},
                      {"conventions", stated}};
  if (beside.gallery) json["gallery"] = GalleryJson(*beside.gallery);
  if (beside.chain_quality != nullptr) json["chain_quality"] = *beside.chain_quality;
  if (beside.published != nullptr) json["published"] = PublishedJson(*beside.published);
  return json.dump(indent, ' ', false, nlohmann::detail::error_handler_t::replace);
}

}  // namespace gre
