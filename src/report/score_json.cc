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

}  // namespace

std::string ScoreJson(const Scores& scores, const ScoreConventions& conventions, int indent) {
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
  const OrderedJson json = {{"schema", "gre.score/1"},
                            {"records", scores.records},
                            {"unmatched", scores.unmatched},
                            {"duplicates", scores.duplicates},
                            {"scored", scores.scored},
                            {"parsed", scores.parsed},
                            {"unparsed", scores.unparsed},
                            {"refused", scores.refused},
                            {"engine_error", scores.engine_error},
                            {"missing", scores.missing},
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
                            {"conventions", stated}};
  return json.dump(indent, ' ', false, nlohmann::detail::error_handler_t::replace);
}

}  // namespace gre
