#include "report/ablation_report.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/strings.h"
#include "report/table.h"

namespace gre {
namespace {

using Json = nlohmann::ordered_json;
using Figures = std::vector<AblationScores::Figure>;

constexpr std::string_view kGeoScore = "geoscore";
constexpr std::string_view kAboutIntervals =
    " chains. In brackets 95 % intervals over photos, of these trainings. The epochs of image_head "
    "and base were chosen on dev, those of the arms were not.\n\n";

// GeoScore stands as it is, shares in percent.
TableFigure ShownFigure(std::string_view metric, const Estimate& estimate) {
  const bool score = metric.ends_with(kGeoScore);
  const double scale = score ? 1 : 100;
  return {scale * estimate.value, score ? 0 : 1,
          Interval{scale * estimate.low, scale * estimate.high}};
}

TableColumn Heading(const std::string& metric) {
  const bool score = metric.ends_with(kGeoScore);
  return {.title = score ? metric : Concat({metric, ", %"}), .has_intervals = true};
}

Table AnswersTable(const AblationReport& report, const std::string& title,
                   Figures AblationScores::Arm::*decoding, std::string_view kind) {
  Table table;
  table.title = title;
  table.columns.push_back({.title = "arm", .align = TableAlign::kLeft});
  for (const auto& figure : report.scores.arms.front().*decoding) {
    if (figure.metric.starts_with(kind)) table.columns.push_back(Heading(figure.metric));
  }
  for (const AblationScores::Arm& arm : report.scores.arms) {
    std::vector<TableCell> row = {arm.name};
    for (const auto& figure : arm.*decoding) {
      if (figure.metric.starts_with(kind)) {
        row.emplace_back(ShownFigure(figure.metric, figure.estimate));
      }
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table DifferencesTable(const AblationReport& report, const std::string& decoding) {
  Table table;
  table.title = Concat({"Differences, ", decoding, " answers"});
  table.columns.push_back({.title = "arm", .align = TableAlign::kLeft});
  table.columns.push_back({.title = "less", .align = TableAlign::kLeft});
  std::vector<std::string> metrics;
  for (const auto& difference : report.scores.differences) {
    if (difference.decoding != decoding) continue;
    const bool shown =
        difference.metric.ends_with(kGeoScore) || difference.metric.ends_with("country");
    if (!shown) continue;
    if (std::ranges::find(metrics, difference.metric) == metrics.end()) {
      metrics.push_back(difference.metric);
      table.columns.push_back(Heading(difference.metric));
    }
    if (difference.metric == metrics.front()) {
      table.rows.push_back({difference.arm, difference.base});
    }
    table.rows.back().emplace_back(ShownFigure(difference.metric, difference.estimate));
  }
  return table;
}

// What each seed's trainings gave of GeoScore, which the intervals over photos do not show.
Table SeedsTable(const AblationReport& report) {
  Table table;
  table.title = "Differences of GeoScore, seed by seed";
  for (const char* title : {"arm", "less", "photos", "answers"}) {
    table.columns.push_back({.title = title, .align = TableAlign::kLeft});
  }
  for (int seed = 1; seed <= report.seeds; ++seed) {
    table.columns.push_back({.title = Concat({"seed ", std::to_string(seed)})});
  }
  for (const auto& difference : report.scores.differences) {
    if (!difference.metric.ends_with(kGeoScore)) continue;
    std::vector<TableCell> row = {difference.arm, difference.base,
                                  difference.metric.substr(0, difference.metric.find(' ')),
                                  difference.decoding};
    for (const double value : difference.by_seed) row.emplace_back(TableFigure{value, 0, {}});
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table VerdictTable(const AblationReport& report) {
  Table table;
  table.title = "Verdicts on one chain of the cold start a test photo";
  for (const char* title : {"arm", "seed"}) {
    table.columns.push_back({.title = title, .align = TableAlign::kLeft});
  }
  for (const char* title : {"candidates", "right, %"}) table.columns.push_back({.title = title});
  for (const char* title : {"AUROC", "less that of the vote"}) {
    table.columns.push_back({.title = title, .has_intervals = true});
  }
  for (const char* title :
       {"AUROC of the vote", "AUROC of its log-probability", "mixed verdicts, %", "unread, %"}) {
    table.columns.push_back({.title = title});
  }
  for (const auto& [arm, seeds] : report.verdicts) {
    for (size_t i = 0; i < seeds.size(); ++i) {
      const VerdictScores& scores = seeds[i];
      const double right =
          100.0 * static_cast<double>(scores.right) / static_cast<double>(scores.candidates);
      table.rows.push_back(
          {arm, std::to_string(i + 1), std::to_string(scores.candidates), TableFigure{right, 1, {}},
           TableFigure{scores.auroc, 3, scores.auroc_interval},
           TableFigure{scores.auroc - scores.vote_auroc, 3, scores.less_vote},
           TableFigure{scores.vote_auroc, 3, {}}, TableFigure{scores.log_probability_auroc, 3, {}},
           TableFigure{100 * scores.mixed, 1, {}}, TableFigure{100 * scores.unread, 1, {}}});
    }
  }
  return table;
}

Table CalibrationTable(const AblationReport& report) {
  Table table;
  table.title =
      "Calibration error on test, fitted on dev after each stage; expected GeoScore on dev";
  table.columns.push_back({.title = "arm", .align = TableAlign::kLeft});
  for (const char* title : {"greedy, street", "greedy, travel", "sampled, street",
                            "sampled, travel", "dev GeoScore, sampled"}) {
    table.columns.push_back({.title = title});
  }
  for (const AblationScores::Arm& arm : report.scores.arms) {
    table.rows.push_back(
        {arm.name, TableFigure{arm.greedy_error_street, 3, {}},
         TableFigure{arm.greedy_error_travel, 3, {}}, TableFigure{arm.sampled_error_street, 3, {}},
         TableFigure{arm.sampled_error_travel, 3, {}}, TableFigure{arm.dev_geoscore, 0, {}}});
  }
  return table;
}

Table TimeTable(const AblationReport& report) {
  Table table;
  table.title = "Time";
  table.columns = {{.title = "stage", .align = TableAlign::kLeft}, {.title = "seconds"}};
  double sum = 0;
  for (const AblationReport::Stage& stage : report.stages) {
    table.rows.push_back({stage.name, TableFigure{stage.seconds, 0, {}}});
    sum += stage.seconds;
  }
  table.rows.push_back({"all", TableFigure{sum, 0, {}}});
  return table;
}

Json EstimateJson(const Estimate& estimate) {
  const auto number = [](double value) {
    return std::isfinite(value) ? Json(value) : Json(nullptr);
  };
  return {{"value", number(estimate.value)},
          {"low", number(estimate.low)},
          {"high", number(estimate.high)},
          {"photos", estimate.records}};
}

Json FiguresJson(const Figures& figures) {
  Json json = Json::object();
  for (const auto& figure : figures) {
    json[figure.metric] = EstimateJson(figure.estimate);
    json[figure.metric]["by_seed"] = figure.by_seed;
  }
  return json;
}

Json VerdictJson(const VerdictScores& scores) {
  const auto interval = [](const Interval& of) { return Json::array({of.low, of.high}); };
  return {{"candidates", scores.candidates},
          {"right", scores.right},
          {"auroc", scores.auroc},
          {"auroc_interval", interval(scores.auroc_interval)},
          {"vote_auroc", scores.vote_auroc},
          {"less_vote_interval", interval(scores.less_vote)},
          {"log_probability_auroc", scores.log_probability_auroc},
          {"mixed", scores.mixed},
          {"unread", scores.unread}};
}

}  // namespace

std::string FormatAblationMarkdown(const AblationReport& report) {
  const auto& photos = report.photos;
  std::string text =
      Concat({std::to_string(photos.cold_start), " photos for the cold start, ",
              std::to_string(photos.judge), " for stage I, ", std::to_string(photos.place),
              " for stage II, ", std::to_string(photos.dev), " dev, ", std::to_string(photos.test),
              " test; ", std::to_string(report.seeds), " seeds; sampled answers are made of ",
              std::to_string(report.samples), kAboutIntervals});
  const auto add = [&](const Table& table) { text += FormatTableMarkdown(table) + "\n"; };
  add(AnswersTable(report, "Street-level photos, greedy", &AblationScores::Arm::greedy, "street"));
  add(AnswersTable(report, "Street-level photos, sampled", &AblationScores::Arm::sampled,
                   "street"));
  add(AnswersTable(report, "Travel photos, greedy", &AblationScores::Arm::greedy, "travel"));
  add(AnswersTable(report, "Travel photos, sampled", &AblationScores::Arm::sampled, "travel"));
  add(DifferencesTable(report, "greedy"));
  add(DifferencesTable(report, "sampled"));
  add(SeedsTable(report));
  add(VerdictTable(report));
  add(CalibrationTable(report));
  add(TimeTable(report));
  return text;
}

std::string FormatAblationJson(const AblationReport& report) {
  Json json;
  json["schema"] = "gre.ablation/1";
  json["photos"] = {{"cold_start", report.photos.cold_start},
                    {"judge", report.photos.judge},
                    {"place", report.photos.place},
                    {"dev", report.photos.dev},
                    {"test", report.photos.test}};
  json["seeds"] = report.seeds;
  json["samples"] = report.samples;
  json["arms"] = Json::object();
  for (const AblationScores::Arm& arm : report.scores.arms) {
    json["arms"][arm.name] = {{"greedy", FiguresJson(arm.greedy)},
                              {"sampled", FiguresJson(arm.sampled)},
                              {"dev_geoscore", arm.dev_geoscore},
                              {"calibration_error",
                               {{"greedy_street", arm.greedy_error_street},
                                {"greedy_travel", arm.greedy_error_travel},
                                {"sampled_street", arm.sampled_error_street},
                                {"sampled_travel", arm.sampled_error_travel}}}};
  }
  json["differences"] = Json::array();
  for (const AblationScores::Difference& difference : report.scores.differences) {
    Json row = {{"arm", difference.arm},           {"base", difference.base},
                {"decoding", difference.decoding}, {"metric", difference.metric},
                {"p_value", difference.p_value},   {"by_seed", difference.by_seed}};
    row.update(EstimateJson(difference.estimate));
    json["differences"].push_back(std::move(row));
  }
  json["verdicts"] = Json::object();
  for (const auto& [arm, seeds] : report.verdicts) {
    for (const VerdictScores& scores : seeds) {
      json["verdicts"][arm].push_back(VerdictJson(scores));
    }
  }
  json["seconds"] = Json::object();
  for (const AblationReport::Stage& stage : report.stages)
    json["seconds"][stage.name] = stage.seconds;
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace gre
