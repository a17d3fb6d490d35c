#include "report/comparison_tables.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "core/csv_cell.h"
#include "core/strings.h"
#include "report/text_escape.h"

namespace gre {
namespace {

TableFigure Figure(double value, const ShownMetric& shown) {
  return {value * shown.factor, shown.decimals, std::nullopt};
}

TableFigure DifferenceFigure(const MetricDifference& metric, const ShownMetric& shown) {
  TableFigure figure = Figure(metric.difference, shown);
  if (!std::isnan(metric.low)) {
    figure.interval = Interval{metric.low * shown.factor, metric.high * shown.factor};
  }
  return figure;
}

Table MetricTable(const Comparison& comparison, const SystemComparison& system) {
  Table table;
  table.title = system.name + " against " + comparison.base + ": " +
                std::to_string(system.records) + " records that both have";
  table.columns = {{"", TableAlign::kLeft},
                   {"base"},
                   {"this"},
                   {"difference", TableAlign::kRight, /*has_intervals=*/true},
                   {"p"},
                   {"p (Holm)"},
                   {"better"},
                   {"worse"},
                   {"equal"}};
  for (const MetricDifference& metric : system.metrics) {
    const ShownMetric shown = ShowMetric(metric.metric);
    const bool is_median = metric.metric == "median_km";
    const auto count = [&](size_t number) {
      return is_median ? std::string("–") : std::to_string(number);
    };
    table.rows.push_back({shown.name, Figure(metric.base, shown), Figure(metric.value, shown),
                          DifferenceFigure(metric, shown), PValueText(metric.p_value),
                          PValueText(metric.p_holm), count(metric.wins), count(metric.losses),
                          count(metric.ties)});
  }
  table.notes.push_back("nearer than the base on " + std::to_string(system.nearer) +
                        " records, farther on " + std::to_string(system.farther) + ", alike on " +
                        std::to_string(system.alike));
  if (system.only_base + system.only_this > 0) {
    table.notes.push_back("left out: " + std::to_string(system.only_base) +
                          " records that only the base has, " + std::to_string(system.only_this) +
                          " that only this one has");
  }
  table.notes.push_back("intervals of the differences: 95 %, records resampled in pairs (" +
                        comparison.interval_method + ")");
  table.notes.emplace_back(
      "p: McNemar's exact test of yes/no figures, the paired bootstrap of the others; Holm's "
      "correction is over all figures and systems of this comparison");
  return table;
}

// Accuracies at 25 and 200 km where they are among the metrics, else all of them; GeoScore.
std::vector<size_t> HeadlineMetrics(const SystemComparison& system) {
  const bool usual = system.Find("acc@25") != nullptr && system.Find("acc@200") != nullptr;
  std::vector<size_t> chosen;
  for (size_t i = 0; i < system.metrics.size(); ++i) {
    const std::string_view name = system.metrics[i].metric;
    const bool is_accuracy =
        usual ? name == "acc@25" || name == "acc@200" : name.starts_with("acc@");
    if (is_accuracy || name == "geoscore") chosen.push_back(i);
  }
  return chosen;
}

Table GroupTable(const Comparison& comparison, const SystemComparison& system) {
  Table table;
  table.title = system.name + " against " + comparison.base + " by " + comparison.by;
  table.columns = {{comparison.by, TableAlign::kLeft}, {"records"}};
  const std::vector<size_t> chosen = HeadlineMetrics(system);
  for (const size_t i : chosen) {
    table.columns.push_back({ShowMetric(system.metrics[i].metric).name});
    table.columns.push_back({"difference", TableAlign::kRight, /*has_intervals=*/true});
  }
  for (const GroupDifference& group : system.groups) {
    std::vector<TableCell> row = {group.name, std::to_string(group.records)};
    for (const size_t i : chosen) {
      if (group.too_small) {
        row.emplace_back("too few");
        row.emplace_back(TableFigure{std::nan(""), 1, std::nullopt});
        continue;
      }
      const MetricDifference& metric = group.metrics[i];
      const ShownMetric shown = ShowMetric(metric.metric);
      row.emplace_back(Figure(metric.value, shown));
      row.emplace_back(DifferenceFigure(metric, shown));
    }
    table.rows.push_back(std::move(row));
  }
  table.notes.emplace_back(
      "intervals are not corrected for the number of groups: of twenty, one errs");
  return table;
}

}  // namespace

ShownMetric ShowMetric(std::string_view metric) {
  if (metric.starts_with("acc@")) {
    return {"within " + std::string(metric.substr(4)) + " km, %", 100, 1};
  }
  if (metric == "geoscore") return {"GeoScore", 1, 1};
  if (metric == "mean_km") return {"mean distance, km", 1, 1};
  if (metric == "median_km") return {"median distance, km", 1, 1};
  if (metric == "parsed") return {"coordinates read, %", 100, 1};
  if (metric == "nearest_country") return {"country of nearest place, %", 100, 1};
  if (metric == "sub_region") return {"sub-region, %", 100, 1};
  return {std::string(metric) + ", %", 100, 1};
}

std::string PValueText(double p_value) {
  if (std::isnan(p_value)) return "–";
  return p_value < 0.0001 ? "<0.0001" : FormatFixed(p_value, 4);
}

std::vector<Table> ComparisonTables(const Comparison& comparison) {
  std::vector<Table> tables;
  for (const SystemComparison& system : comparison.systems) {
    tables.push_back(MetricTable(comparison, system));
    if (!system.groups.empty()) tables.push_back(GroupTable(comparison, system));
  }
  return tables;
}

std::string ChangesCsv(const Comparison& comparison, std::span<const TruthRecord> truth) {
  std::string csv = "id,system,base_km,this_km,base_outcome,this_outcome,change\n";
  const auto distance = [](double km) {
    return std::isinf(km) ? std::string() : FormatFixed(km, 3);
  };
  for (const SystemComparison& system : comparison.systems) {
    for (const RecordChange& change : system.changes) {
      csv.append(EscapeCsvCell(truth[change.truth].id)).append(",");
      csv.append(EscapeCsvCell(system.name)).append(",");
      csv.append(distance(change.base_km)).append(",");
      csv.append(distance(change.value_km)).append(",");
      csv.append(OutcomeName(change.base_outcome)).append(",");
      csv.append(OutcomeName(change.outcome)).append(",");
      csv.append(RecordChangeName(change)).append("\n");
    }
  }
  return csv;
}

}  // namespace gre
