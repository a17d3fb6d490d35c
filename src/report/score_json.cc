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

OrderedJson EstimateJson(double value, const Interval& interval, size_t records) {
  return EstimateJson({value, interval.low, interval.high, records});
}

// The curve at no more than kMostPoints points, evenly by coverage, the last among them.
OrderedJson CurveJson(const std::vector<RiskCoveragePoint>& curve) {
  constexpr size_t kMostPoints = 200;
  OrderedJson json = OrderedJson::array();
  double next = 0;
  for (size_t i = 0; i < curve.size(); ++i) {
    const RiskCoveragePoint& point = curve[i];
    const bool is_kept =
        curve.size() <= kMostPoints || point.coverage >= next || i + 1 == curve.size();
    if (!is_kept) continue;
    next = point.coverage + 1.0 / (kMostPoints - 1);
    json.push_back(
        {{"confidence", point.threshold}, {"coverage", point.coverage}, {"risk", point.risk}});
  }
  return json;
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
          {"calibration_error_interval",
           EstimateJson(confidence.calibration_error, confidence.intervals.calibration_error,
                        confidence.records)},
          {"auroc_interval",
           EstimateJson(confidence.auroc, confidence.intervals.auroc, confidence.records)},
          {"aurc_interval", EstimateJson(confidence.risk_coverage.aurc, confidence.intervals.aurc,
                                         confidence.records)},
          {"reliability", reliability},
          {"risk_coverage", CurveJson(confidence.risk_coverage.curve)}};
}

OrderedJson RadiusJson(const RadiusCoverage& radius) {
  if (radius.count == 0) return nullptr;
  const auto share = [&](double value, const Interval& interval) {
    return EstimateJson(value, interval, radius.count);
  };
  return {{"inside_p50", share(radius.inside_p50, radius.inside_p50_interval)},
          {"inside_p90", share(radius.inside_p90, radius.inside_p90_interval)}};
}

OrderedJson WarningJson(const BenchWarning& warning) {
  return {{"kind", warning.kind}, {"records", warning.records}, {"message", warning.message}};
}

// Every record that is in no figure or counts as an answer without coordinates.
OrderedJson UnusableJson(const ReportedSystem& system) {
  OrderedJson json = OrderedJson::array();
  const auto add = [&](size_t index, std::string_view what, std::string_view why) {
    const Prediction& prediction = system.predictions[index];
    json.push_back(
        {{"id", prediction.id}, {"outcome", what}, {"reason", why}, {"line", prediction.line}});
  };
  for (const Matching::Pair& pair : system.matching.pairs) {
    const Prediction& prediction = system.predictions[pair.prediction];
    if (prediction.outcome == Outcome::kParsed) continue;
    add(pair.prediction, OutcomeName(prediction.outcome), prediction.reason);
  }
  for (const size_t i : system.matching.unmatched) add(i, "unmatched", "no truth has its id");
  for (const size_t i : system.matching.duplicates) {
    add(i, "duplicate", "the truth has another prediction");
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

OrderedJson WarningsJson(const BenchReport& report) {
  OrderedJson json = OrderedJson::array();
  for (const ReportedSystem& system : report.systems) {
    for (const BenchWarning& warning : system.scores.warnings) {
      OrderedJson entry = {{"system", system.name}};
      entry.update(WarningJson(warning));
      json.push_back(std::move(entry));
    }
  }
  return json;
}

OrderedJson ConventionsJson(const BenchReport& report, std::string_view interval_method) {
  OrderedJson json = OrderedJson::object();
  for (const auto& [name, value] : DescribeConventions(report.conventions)) json[name] = value;
  json["intervals"] = interval_method;
  OrderedJson answers = OrderedJson::object();
  for (const ReportedSystem& system : report.systems) {
    answers[system.name] =
        system.answers.empty() ? OrderedJson(nullptr) : OrderedJson(system.answers);
  }
  json["answers"] = std::move(answers);
  return json;
}

std::string ScoreJson(const BenchReport& report, const ReportedSystem& system, int indent,
                      const BesideScores& beside) {
  const Scores& scores = system.scores;
  OrderedJson accuracy = OrderedJson::object();
  for (const auto& [threshold_km, estimate] : scores.accuracy) {
    accuracy[FormatShortest(threshold_km)] = EstimateJson(estimate);
  }
  OrderedJson places = OrderedJson::object();
  for (const auto& [name, estimate] : scores.places) places[name] = EstimateJson(estimate);
  OrderedJson percentiles = OrderedJson::object();
  OrderedJson percentile_intervals = OrderedJson::object();
  for (const PercentileKm& percentile : scores.percentiles_km) {
    const std::string name = FormatShortest(percentile.percent);
    percentiles[name] = NumberOrNull(percentile.distance_km.value);
    percentile_intervals[name] = EstimateJson(percentile.distance_km);
  }
  OrderedJson warnings = OrderedJson::array();
  for (const BenchWarning& warning : scores.warnings) warnings.push_back(WarningJson(warning));
  OrderedJson stated = ConventionsJson(report, scores.interval_method);
  stated["answers"] = system.answers.empty() ? OrderedJson(nullptr) : OrderedJson(system.answers);
  OrderedJson json = {{"schema", "gre.score/1"},
                      {"system", system.name},
                      {"file", system.source},
                      {"truth", report.truth_source},
                      {"version", report.version},
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
                      {"percentiles_km_interval", percentile_intervals},
                      {"geoscore", EstimateJson(scores.geoscore)},
                      {"places", places},
                      {"confidence", ConfidenceJson(scores.confidence)},
                      {"radius", RadiusJson(scores.radius)},
                      {"warnings", warnings},
                      {"unusable", UnusableJson(system)},
                      {"conventions", stated}};
  if (beside.gallery) json["gallery"] = GalleryJson(*beside.gallery);
  if (beside.chain_quality != nullptr) json["chain_quality"] = *beside.chain_quality;
  if (beside.published != nullptr) json["published"] = PublishedJson(*beside.published);
  return json.dump(indent, ' ', false, nlohmann::detail::error_handler_t::replace);
}

}  // namespace gre
