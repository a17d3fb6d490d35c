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
                            {"conventions", stated}};
  return json.dump(indent, ' ', false, nlohmann::detail::error_handler_t::replace);
}

}  // namespace gre
