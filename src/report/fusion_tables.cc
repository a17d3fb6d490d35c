#include "report/fusion_tables.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/csv_cell.h"
#include "core/strings.h"
#include "report/comparison_tables.h"
#include "report/score_json.h"
#include "report/text_escape.h"

namespace gre {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr int kDegreeDecimals = 6;
constexpr double kDegreeDigits = 1e6;

TableFigure EstimateFigure(const Estimate& estimate, double factor) {
  return {estimate.value * factor, 1, std::nullopt};
}

bool IsAccuracy(const MetricDifference& metric) { return metric.metric.starts_with("acc@"); }

bool IsBetter(const MetricDifference& metric) {
  return metric.higher_is_better ? metric.difference > 0 : metric.difference < 0;
}

bool ExcludesZero(const MetricDifference& metric) { return metric.low > 0 || metric.high < 0; }

Table SystemsTable(const FusionReport& report) {
  Table table;
  table.title = "Fused and single systems";
  table.columns = {{"", TableAlign::kLeft}, {"records"}, {"of them not asked"}};
  for (const auto& [threshold_km, estimate] : report.fused->accuracy) {
    table.columns.push_back({ShowMetric(AccuracyName(threshold_km)).name});
  }
  table.columns.push_back({ShowMetric("geoscore").name});
  table.columns.push_back({ShowMetric("median_km").name});
  const auto count = [](size_t value) {
    return TableFigure{static_cast<double>(value), 0, std::nullopt};
  };
  const auto add_row = [&](const std::string& name, const Scores& scores, size_t added) {
    std::vector<TableCell> row = {name, count(scores.scored), count(added)};
    for (const auto& [threshold_km, estimate] : scores.accuracy) {
      row.emplace_back(EstimateFigure(estimate, 100));
    }
    row.emplace_back(EstimateFigure(scores.geoscore, 1));
    row.emplace_back(EstimateFigure(scores.median_km, 1));
    table.rows.push_back(std::move(row));
  };
  for (const NamedScores& single : report.singles) {
    add_row(single.name, *single.scores, single.added);
  }
  add_row("fused", *report.fused, 0);
  table.notes = {
      "All systems on the photos that any of them has a record of; one that a system has none of "
      "counts as its answer without coordinates (--unparsed)."};
  return table;
}

}  // namespace

std::string GainSentence(const FusionGain& gain) {
  const MetricDifference& metric = gain.difference;
  std::string text = "at " + metric.metric.substr(4) + " km: ";
  if (metric.records == 0) return text + "not applicable";
  text += FormatFixed(100 * metric.value, 1) + " %, ";
  text += FormatFixed(100 * std::abs(metric.difference), 1) + " points ";
  text += metric.difference >= 0 ? "above " : "below ";
  text += gain.best_single + ", the best single system [" + FormatFixed(100 * metric.low, 1) +
          ", " + FormatFixed(100 * metric.high, 1) + "]: ";
  if (metric.difference == 0) return text + "does not beat it";
  if (!IsBetter(metric)) return text + "does NOT beat it";
  return text +
         (ExcludesZero(metric) ? "beats it" : "better on these photos, but the interval holds 0");
}

std::vector<Table> FusionTables(const FusionReport& report) {
  std::vector<Table> tables = {SystemsTable(report)};
  Table& table = tables.emplace_back();
  table.title = "Fused against the best single system of each figure";
  table.columns = {{"", TableAlign::kLeft},
                   {"best single", TableAlign::kLeft},
                   {"records"},
                   {"its"},
                   {"fused"},
                   {"difference", TableAlign::kRight, /*has_intervals=*/true},
                   {"p"}};
  for (const FusionGain& gain : report.gains) {
    const MetricDifference& metric = gain.difference;
    const auto [name, factor, decimals] = ShowMetric(metric.metric);
    TableFigure difference = {metric.difference * factor, decimals, std::nullopt};
    if (!std::isnan(metric.low)) {
      difference.interval = Interval{metric.low * factor, metric.high * factor};
    }
    table.rows.push_back({name, gain.best_single,
                          TableFigure{static_cast<double>(metric.records), 0, std::nullopt},
                          TableFigure{metric.base * factor, decimals, std::nullopt},
                          TableFigure{metric.value * factor, decimals, std::nullopt}, difference,
                          PValueText(metric.p_value)});
  }
  for (const FusionGain& gain : report.gains) {
    if (IsAccuracy(gain.difference)) table.notes.push_back(GainSentence(gain));
  }
  table.notes.push_back(
      "the best single system is chosen in hindsight, the fused answers never "
      "saw the truth of their own fold: " +
      std::to_string(report.folds) + " folds of whole places (" + std::to_string(report.places) +
      " places, photos within " + FormatShortest(report.place_km) +
      " km are of one; the largest has " + std::to_string(report.largest_place) + " photos)");
  std::map<std::string, int> chosen;
  for (const FusionSettings& settings : report.settings) ++chosen[DescribeSettings(settings)];
  std::string note = "reliability, as chosen within the folds:";
  const char* separator = " ";
  for (const auto& [settings, count] : chosen) {
    note.append(separator).append(settings).append(" (").append(std::to_string(count)).append(")");
    separator = "; ";
  }
  table.notes.push_back(std::move(note));
  return tables;
}

std::string FusionReportJson(const FusionReport& report, const BenchReport& inputs) {
  const auto number = [](double value) {
    return std::isfinite(value) ? OrderedJson(value) : OrderedJson(nullptr);
  };
  OrderedJson gains = OrderedJson::object();
  for (const auto& [best_single, metric] : report.gains) {
    gains[metric.metric] = {{"best_single", best_single},
                            {"records", metric.records},
                            {"single", number(metric.base)},
                            {"fused", number(metric.value)},
                            {"difference", number(metric.difference)},
                            {"low", number(metric.low)},
                            {"high", number(metric.high)},
                            {"p", number(metric.p_value)},
                            {"beats", IsBetter(metric)},
                            {"interval_excludes_zero", ExcludesZero(metric)}};
  }
  OrderedJson settings = OrderedJson::array();
  for (const FusionSettings& chosen : report.settings) {
    settings.push_back({{"measure", MeasureName(chosen.measure)},
                        {"weight", WeightName(chosen.weight)},
                        {"use_confidence", chosen.use_confidence}});
  }
  OrderedJson systems = OrderedJson::array();
  for (size_t i = 0; i < report.singles.size(); ++i) {
    systems.push_back({{"name", report.singles[i].name},
                       {"file", inputs.systems[i].source},
                       {"records", report.singles[i].scores->scored},
                       {"not_asked", report.singles[i].added}});
  }
  const OrderedJson json = {
      {"schema", "gre.fusion-report/1"},
      {"version", inputs.version},
      {"truth", inputs.truth_source},
      {"systems", systems},
      {"folds", report.folds},
      {"place_km", report.place_km},
      {"places", report.places},
      {"largest_place", report.largest_place},
      {"gains", gains},
      {"settings_by_fold", settings},
      {"warnings", WarningsJson(inputs)},
      {"conventions", ConventionsJson(inputs, report.fused->interval_method)}};
  return json.dump(-1, ' ', false, nlohmann::detail::error_handler_t::replace);
}

std::string FusedFile(std::span<const TruthRecord> truth, std::span<const FusedPhoto> photos,
                      std::span<const std::string> systems, bool csv) {
  std::string text = csv ? "id,latitude,longitude,confidence,support,votes,agreeing,chosen\n" : "";
  const auto degrees = [](double value) {
    return std::round(value * kDegreeDigits) / kDegreeDigits;
  };
  for (size_t i = 0; i < photos.size(); ++i) {
    if (!photos[i].is_asked) continue;
    const std::optional<FusedAnswer>& answer = photos[i].answer;
    if (csv) {
      text.append(EscapeCsvCell(truth[i].id)).append(",");
      if (answer) {
        text.append(FormatFixed(answer->point.latitude_deg, kDegreeDecimals)).append(",");
        text.append(FormatFixed(answer->point.longitude_deg, kDegreeDecimals)).append(",");
        text.append(FormatFixed(photos[i].confidence, 4)).append(",");
        text.append(FormatFixed(answer->support, 4)).append(",");
        text.append(std::to_string(answer->votes)).append(",");
        text.append(std::to_string(answer->agreeing)).append(",");
        text.append(EscapeCsvCell(systems[answer->chosen])).append("\n");
      } else {
        text.append(",,,,0,0,\n");
      }
      continue;
    }
    OrderedJson json = {{"id", truth[i].id},     {"latitude", nullptr}, {"longitude", nullptr},
                        {"confidence", nullptr}, {"support", nullptr},  {"votes", 0},
                        {"agreeing", 0},         {"chosen", nullptr}};
    if (answer) {
      json["latitude"] = degrees(answer->point.latitude_deg);
      json["longitude"] = degrees(answer->point.longitude_deg);
      json["confidence"] = photos[i].confidence;
      json["support"] = answer->support;
      json["votes"] = answer->votes;
      json["agreeing"] = answer->agreeing;
      json["chosen"] = systems[answer->chosen];
    }
    text.append(json.dump(-1, ' ', false, nlohmann::detail::error_handler_t::replace));
    text.append("\n");
  }
  return text;
}

}  // namespace gre
