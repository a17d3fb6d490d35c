#include <algorithm>
#include <cmath>
#include <limits>

#include "core/strings.h"
#include "report/bench_groups.h"
#include "report/bench_report.h"
#include "report/charts/axis_scale.h"
#include "report/comparison_tables.h"
#include "report/conventions_text.h"

namespace gre {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TableFigure Figure(const Estimate& estimate, double factor, int decimals) {
  TableFigure figure = {estimate.value * factor, decimals, {}};
  if (!std::isnan(estimate.low)) {
    figure.interval = Interval{estimate.low * factor, estimate.high * factor};
  }
  return figure;
}

TableFigure Count(size_t count) { return {static_cast<double>(count), 0, {}}; }

TableColumn Figures(std::string title) {
  return {std::move(title), TableAlign::kRight, /*has_intervals=*/true};
}

TableColumn Words(std::string title) { return {std::move(title), TableAlign::kLeft}; }

std::string WithinTitle(const BenchReport& report, double threshold_km) {
  const bool strict = report.conventions.boundary == Boundary::kStrict;
  return Concat({strict ? "< " : "≤ ", NumberLabel(threshold_km), " km, %"});
}

}  // namespace

double BreakdownThresholdKm(const BenchReport& report) {
  const std::vector<double>& thresholds = report.conventions.thresholds_km;
  const bool has_city = std::find(thresholds.begin(), thresholds.end(), 25) != thresholds.end();
  return has_city || thresholds.empty() ? 25 : thresholds[thresholds.size() / 2];
}

Table HeadlineTable(const BenchReport& report) {
  Table table;
  table.title = "Scores with 95 % intervals";
  table.columns = {Words("system"), {"scored"}};
  const Scores& first = report.systems.front().scores;
  for (const auto& [threshold_km, accuracy] : first.accuracy) {
    table.columns.push_back(Figures(WithinTitle(report, threshold_km)));
  }
  table.columns.push_back(Figures("GeoScore"));
  table.columns.push_back(Figures("median km"));
  table.columns.push_back(Figures("mean km"));
  for (const ReportedSystem& system : report.systems) {
    const Scores& scores = system.scores;
    std::vector<TableCell>& row = table.rows.emplace_back();
    row.emplace_back(system.name);
    row.emplace_back(Count(scores.scored));
    for (const auto& [threshold_km, accuracy] : scores.accuracy) {
      row.emplace_back(Figure(accuracy, 100, 1));
    }
    row.emplace_back(Figure(scores.geoscore, 1, 0));
    row.emplace_back(Figure(scores.median_km, 1, 1));
    row.emplace_back(Figure(scores.mean_km, 1, 0));
  }
  using Unparsed = ScoreConventions::Unparsed;
  const Unparsed unparsed = report.conventions.unparsed;
  table.notes.push_back(Concat({"Answers without coordinates ",
                                unparsed == Unparsed::kWrong
                                    ? "count as wrong; median and mean are those of the others"
                                : unparsed == Unparsed::kDrop ? "are left out"
                                                              : "count as a fixed distance",
                                ". Intervals: ", first.interval_method, "."}));
  return table;
}

Table PercentilesTable(const BenchReport& report) {
  Table table;
  table.title = "Distances that shares of the answers lie within, km";
  table.columns = {Words("system")};
  for (const PercentileKm& percentile : report.systems.front().scores.percentiles_km) {
    table.columns.push_back(Figures(Concat({NumberLabel(percentile.percent), " %"})));
  }
  for (const ReportedSystem& system : report.systems) {
    std::vector<TableCell>& row = table.rows.emplace_back();
    row.emplace_back(system.name);
    for (const PercentileKm& percentile : system.scores.percentiles_km) {
      row.emplace_back(Figure(percentile.distance_km, 1, 1));
    }
  }
  table.notes = {"Of the answers with coordinates alone."};
  return table;
}

Table PlacesTable(const BenchReport& report) {
  Table table;
  table.title = "Share of answers in the right place, with 95 % intervals";
  table.columns = {Words("system")};
  for (const auto& [name, accuracy] : report.systems.front().scores.places) {
    table.columns.push_back(Figures(ShowMetric(name).name));
  }
  for (const ReportedSystem& system : report.systems) {
    std::vector<TableCell>& row = table.rows.emplace_back();
    row.emplace_back(system.name);
    for (const auto& [name, accuracy] : system.scores.places) {
      row.emplace_back(Figure(accuracy, 100, 1));
    }
  }
  table.notes = {
      "Country: by borders. The others, where there are any: by the populated place nearest to "
      "answer and truth."};
  return table;
}

Table WarningsTable(const BenchReport& report) {
  Table table;
  table.title = "What makes these figures doubtful";
  table.columns = {Words("system"), Words("warning")};
  for (const ReportedSystem& system : report.systems) {
    for (const BenchWarning& warning : system.scores.warnings) {
      table.rows.push_back({system.name, warning.message});
    }
  }
  return table;
}

Table OutcomesTable(const BenchReport& report) {
  Table table;
  table.title = "What became of the records";
  table.columns = {Words("system"), {"records"},         {"without truth"},
                   {"duplicates"},  {"scored"},          {"coordinates read"},
                   {"unreadable"},  {"refused"},         {"no reply"},
                   {"abstained"},   {"matched by stem"}, {"truths without prediction"}};
  for (const ReportedSystem& system : report.systems) {
    const Scores& s = system.scores;
    table.rows.push_back({system.name, Count(s.records), Count(s.unmatched), Count(s.duplicates),
                          Count(s.scored), Count(s.parsed), Count(s.unparsed), Count(s.refused),
                          Count(s.engine_error), Count(s.abstained), Count(s.matched_by_stem),
                          Count(s.missing)});
  }
  table.notes = {
      "Records = without truth + duplicates + scored; scored = coordinates read + unreadable + "
      "refused + no reply. Abstained answers gave coordinates beside their abstention. Matched by "
      "stem: ids that are equal only without folder or extension."};
  return table;
}

Table ConventionsTable(const BenchReport& report) {
  Table table;
  table.title = "How the figures were made";
  table.columns = {Words("convention"), Words("value")};
  for (auto& [name, value] : DescribeConventions(report.conventions)) {
    table.rows.push_back({name, value});
  }
  table.rows.push_back({"intervals", report.systems.front().scores.interval_method});
  table.rows.push_back({"truth", Concat({report.truth_source, ", ",
                                         std::to_string(report.truth.size()), " records"})});
  for (const ReportedSystem& system : report.systems) {
    table.rows.push_back({system.name, system.source});
    if (!system.answers.empty()) {
      table.rows.push_back({Concat({"answers of ", system.name}),
                            system.answers == "fields" ? "JSON fields alone" : "of any form"});
    }
  }
  return table;
}

Table CalibrationTable(const BenchReport& report) {
  Table table;
  table.title = "Whether confidences and radii can be trusted";
  table.columns = {Words("system"),
                   {"with confidence"},
                   Figures("ECE"),
                   Figures("AUROC"),
                   Figures("AURC"),
                   {"with radii"},
                   Figures("within the 50 % radius, %"),
                   Figures("within the 90 % radius, %")};
  const auto share = [](double value, const Interval& interval) {
    return TableFigure{value * 100, 1, Interval{interval.low * 100, interval.high * 100}};
  };
  for (const ReportedSystem& system : report.systems) {
    const Scores::Confidence& confidence = system.scores.confidence;
    const RadiusCoverage& radius = system.scores.radius;
    if (confidence.records == 0 && radius.count == 0) continue;
    const auto figure = [&](double value, const Interval& interval) {
      if (confidence.records == 0) return TableFigure{kNan, 3, {}};
      return Figure({value, interval.low, interval.high, confidence.records}, 1, 3);
    };
    const TableFigure none = {kNan, 1, {}};
    table.rows.push_back(
        {system.name, Count(confidence.records),
         figure(confidence.calibration_error, confidence.intervals.calibration_error),
         figure(confidence.auroc, confidence.intervals.auroc),
         figure(confidence.risk_coverage.aurc, confidence.intervals.aurc), Count(radius.count),
         radius.count > 0 ? share(radius.inside_p50, radius.inside_p50_interval) : none,
         radius.count > 0 ? share(radius.inside_p90, radius.inside_p90_interval) : none});
  }
  table.notes = {
      "Confidence is the stated probability that the answer's country is right. ECE: expected "
      "calibration error. AUROC: the chance that a right answer states more than a wrong one. "
      "AURC: area under the risk-coverage curve. Intervals: bootstrap of the answers."};
  return table;
}

std::vector<Table> BreakdownTables(const BenchReport& report) {
  const double threshold_km = BreakdownThresholdKm(report);
  std::vector<Table> tables;
  for (const PropertyGroups& grouping : GroupsOf(report, AccuracyName(threshold_km))) {
    const IntervalBars& bars = grouping.bars;
    Table& table = tables.emplace_back();
    table.title = Concat({WithinTitle(report, threshold_km), " by ", grouping.property});
    table.columns = {Words(grouping.property), {"records"}};
    for (const std::string& system : bars.systems) table.columns.push_back(Figures(system));
    for (size_t g = 0; g < bars.groups.size(); ++g) {
      std::vector<TableCell>& row = table.rows.emplace_back();
      row.emplace_back(bars.groups[g].label);
      row.emplace_back(grouping.records[g]);
      for (const BarValue& bar : bars.groups[g].values) {
        TableFigure figure = {bar.value * 100, 1, {}};
        if (bar.interval)
          figure.interval = Interval{bar.interval->low * 100, bar.interval->high * 100};
        row.emplace_back(figure);
      }
    }
    if (grouping.groups > bars.groups.size()) {
      table.notes = {Concat({"The ", std::to_string(bars.groups.size()), " largest of ",
                             std::to_string(grouping.groups), "."})};
    }
  }
  return tables;
}

Table FailuresTable(const BenchReport& report, const ReportedSystem& system, size_t most) {
  Table table;
  size_t rows = 0;
  table.title = Concat({"Records of ", system.name, " without a usable answer"});
  table.columns = {Words("id"), Words("what"), Words("why"), {"line"}};
  const auto add = [&](const std::string& id, std::string_view what, const std::string& why,
                       size_t line) {
    if (++rows > most) return;
    table.rows.push_back({id, std::string(what), why, Count(line)});
  };
  for (const Matching::Pair& pair : system.matching.pairs) {
    const Prediction& prediction = system.predictions[pair.prediction];
    if (prediction.outcome == Outcome::kParsed) continue;
    add(prediction.id, OutcomeName(prediction.outcome), prediction.reason, prediction.line);
  }
  for (const size_t i : system.matching.unmatched) {
    add(system.predictions[i].id, "without truth", "", system.predictions[i].line);
  }
  for (const size_t i : system.matching.duplicates) {
    add(system.predictions[i].id, "duplicate", "the truth has another prediction",
        system.predictions[i].line);
  }
  for (const size_t i : system.matching.missing) {
    add(report.truth[i].id, "truth without prediction", "", report.truth[i].line);
  }
  if (rows > table.rows.size()) {
    table.notes = {Concat({"and ", std::to_string(rows - table.rows.size()), " more"})};
  }
  return table;
}

Table RecordsTable(const BenchReport& report) {
  Table table;
  table.columns = {Words("system"),    Words("id"),       Words("outcome"), {"true_latitude"},
                   {"true_longitude"}, {"latitude"},      {"longitude"},    {"distance_km"},
                   {"geoscore"},       {"country_right"}, {"confidence"},   {"radius_p50_km"},
                   {"radius_p90_km"}};
  const auto number = [](double value) { return TableFigure{value, 3, {}}; };
  const auto latitude = [](const std::optional<LatLng>& point) {
    return TableFigure{point ? point->latitude_deg : kNan, 6, {}};
  };
  const auto longitude = [](const std::optional<LatLng>& point) {
    return TableFigure{point ? point->longitude_deg : kNan, 6, {}};
  };
  for (const ReportedSystem& system : report.systems) {
    const auto& records = system.records.records;
    for (size_t row = 0; row < records.size(); ++row) {
      const auto value = [&](std::string_view column) {
        const MetricColumn* found = system.records.Find(column);
        return number(found == nullptr ? kNan : found->values[row]);
      };
      const TruthRecord& truth = report.truth[records[row].truth];
      const bool missing = records[row].prediction == RecordScores::kNoPrediction;
      const Prediction prediction =
          missing ? Prediction() : system.predictions[records[row].prediction];
      table.rows.push_back(
          {system.name, truth.id,
           missing ? std::string("missing") : std::string(OutcomeName(prediction.outcome)),
           latitude(truth.point), longitude(truth.point), latitude(prediction.point),
           longitude(prediction.point), value("distance_km"), value("geoscore"), value("country"),
           number(prediction.confidence), number(prediction.radius_p50_km),
           number(prediction.radius_p90_km)});
    }
  }
  return table;
}

}  // namespace gre
