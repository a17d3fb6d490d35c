#include <algorithm>
#include <cmath>
#include <set>
#include <span>

#include "core/parallel.h"
#include "core/strings.h"
#include "knowledge/place_namer.h"
#include "report/bench_groups.h"
#include "report/bench_report.h"
#include "report/charts/axis_scale.h"
#include "report/charts/calibration_charts.h"
#include "report/charts/confusion_chart.h"
#include "report/charts/distance_cdf.h"
#include "report/charts/error_map.h"
#include "report/charts/interval_bars.h"

namespace gre {
namespace {

// Every answer whose true point is known, in the order of the truth.
std::vector<ReportCase> AllCases(const BenchReport& report, const ReportedSystem& system) {
  const MetricColumn* distance = system.records.Find("distance_km");
  const auto& records = system.records.records;
  std::vector<ReportCase> cases;
  for (size_t row = 0; row < records.size(); ++row) {
    const auto& [truth, prediction] = records[row];
    if (distance == nullptr || prediction == RecordScores::kNoPrediction) continue;
    const std::optional<LatLng>& point = report.truth[truth].point;
    const std::optional<LatLng>& answer = system.predictions[prediction].point;
    if (!point || !answer) continue;
    cases.push_back(
        {truth, prediction, {*point, *answer, distance->values[row], report.truth[truth].id}});
  }
  return cases;
}

// The true point is known, at least to the finest threshold.
bool IsExact(const TruthRecord& truth, std::span<const double> thresholds_km) {
  if (!truth.point) return false;
  return thresholds_km.empty() || truth.precision_km <= *std::ranges::min_element(thresholds_km);
}

DistanceCdf MakeCdf(const BenchReport& report) {
  DistanceCdf chart;
  chart.thresholds_km = report.conventions.thresholds_km;
  std::set<size_t> left_out;
  for (const ReportedSystem& system : report.systems) {
    CdfSystem& curve = chart.systems.emplace_back();
    curve.name = system.name;
    const bool drop = report.conventions.unparsed == ScoreConventions::Unparsed::kDrop;
    const MetricColumn* distance = system.records.Find("distance_km");
    if (distance == nullptr) continue;
    for (size_t row = 0; row < distance->values.size(); ++row) {
      const size_t truth = system.records.records[row].truth;
      const double value = distance->values[row];
      if (!IsExact(report.truth[truth], chart.thresholds_km)) {
        left_out.insert(truth);
      } else if (!std::isnan(value)) {
        curve.distances_km.push_back(value);
      } else if (!drop) {
        ++curve.misses;
      }
    }
  }
  if (!left_out.empty()) {
    chart.subtitle =
        Concat({"left out: ", std::to_string(left_out.size()), " whose place is not known to ",
                NumberLabel(*std::ranges::min_element(chart.thresholds_km)), " km"});
  }
  return chart;
}

ConfusionMatrix MakeConfusion(const BenchReport& report, const ReportedSystem& system) {
  const std::vector<Matching::Pair>& records = system.records.records;
  std::vector<CountryPair> pairs(records.size());
  ParallelFor(records.size(), {.min_items = 1000}, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end && !report.IsCancelled(); ++row) {
      const auto& [truth, prediction] = records[row];
      pairs[row].truth = CountryName(TruthCountryCode(report.truth[truth]));
      const std::optional<LatLng> answer = prediction == RecordScores::kNoPrediction
                                               ? std::nullopt
                                               : system.predictions[prediction].point;
      if (!answer) continue;
      const std::string country = CountryName(CountryCodeAt(*answer));
      pairs[row].answer = country.empty() ? "no country" : country;
    }
  });
  ConfusionMatrix matrix = CountCountries(pairs);
  matrix.subtitle = Concat({system.name, ": number of records by true and answered country"});
  return matrix;
}

// A system's name as part of a file's.
std::string FileNamePart(std::string_view name) {
  std::string part;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.';
    part += plain ? c : '_';
  }
  return part;
}

// Systems 'a&b' and 'a b' had one file.
void MakeNamesUnique(std::vector<NamedChart>& charts) {
  std::set<std::string> taken;
  for (NamedChart& chart : charts) {
    const std::string name = chart.name;
    for (int number = 2; !taken.insert(AsciiLower(chart.name)).second; ++number) {
      chart.name = Concat({name, "-", std::to_string(number)});
    }
  }
}

}  // namespace

std::vector<NamedChart> ReportCharts(const BenchReport& report) {
  std::vector<NamedChart> charts;
  charts.push_back({"distance_cdf", DistanceCdfSvg(MakeCdf(report))});
  const double threshold_km = BreakdownThresholdKm(report);
  for (const PropertyGroups& grouping : GroupsOf(report, AccuracyName(threshold_km))) {
    IntervalBars bars = grouping.bars;
    bars.title =
        Concat({"Answers within ", NumberLabel(threshold_km), " km by ", grouping.property});
    bars.subtitle = "whiskers: 95 % intervals";
    if (grouping.groups > bars.groups.size()) {
      bars.subtitle += Concat({"; the ", std::to_string(bars.groups.size()), " largest of ",
                               std::to_string(grouping.groups), " groups"});
    }
    bars.value_label = Concat({"share of records within ", NumberLabel(threshold_km), " km"});
    bars.percent = true;
    bars.full_scale = 1;
    charts.push_back({Concat({"groups_", FileNamePart(grouping.property)}), IntervalBarsSvg(bars)});
  }
  for (const ReportedSystem& system : report.systems) {
    ErrorMap map;
    map.title = Concat({"From the truth to the answer: ", system.name});
    map.world = report.world;
    for (ReportCase& each : AllCases(report, system)) map.lines.push_back(std::move(each.line));
    charts.push_back({Concat({"error_map_", FileNamePart(system.name)}), ErrorMapSvg(map)});
  }
  for (const ReportedSystem& system : report.systems) {
    charts.push_back({Concat({"countries_", FileNamePart(system.name)}),
                      ConfusionSvg(MakeConfusion(report, system))});
  }
  ReliabilityChart reliability;
  RiskCoverageChart risk;
  reliability.subtitle = risk.subtitle = "right: the answer lies in the true country";
  for (const ReportedSystem& system : report.systems) {
    const Scores::Confidence& confidence = system.scores.confidence;
    reliability.panels.push_back(
        {system.name, confidence.reliability, confidence.calibration_error});
    risk.curves.push_back({system.name, confidence.risk_coverage});
  }
  charts.push_back({"reliability", ReliabilitySvg(reliability)});
  charts.push_back({"risk_coverage", RiskCoverageSvg(risk)});
  MakeNamesUnique(charts);
  return charts;
}

ReportCases PickCases(const BenchReport& report, const ReportedSystem& system, size_t each) {
  std::vector<ReportCase> cases = AllCases(report, system);
  std::stable_sort(cases.begin(), cases.end(), [](const ReportCase& a, const ReportCase& b) {
    return a.line.distance_km < b.line.distance_km;
  });
  ReportCases picked;
  const auto best = static_cast<ptrdiff_t>(std::min(each, cases.size() / 2));
  picked.best.assign(cases.begin(), cases.begin() + best);
  const auto worst =
      std::min(static_cast<ptrdiff_t>(each), static_cast<ptrdiff_t>(cases.size()) - best);
  picked.worst.assign(cases.rbegin(), cases.rbegin() + worst);
  return picked;
}

}  // namespace gre
