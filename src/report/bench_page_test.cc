#include "report/bench_page.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/matching.h"
#include "knowledge/borders.h"
#include "report/world_land.h"
#include "support/xml_document.h"

namespace gre {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kHostile = "<script>alert(1)</script>";

TruthRecord Truth(std::string id, LatLng point, std::string category) {
  TruthRecord record;
  record.id = std::move(id);
  record.point = point;
  record.labels.emplace("category", std::move(category));
  return record;
}

Prediction Answer(std::string id, LatLng point, double confidence) {
  Prediction prediction;
  prediction.id = std::move(id);
  prediction.outcome = Outcome::kParsed;
  prediction.point = point;
  prediction.confidence = confidence;
  prediction.text = "1. [text/language] a sign -> French => Paris";
  return prediction;
}

Prediction Failure(std::string id, Outcome outcome, std::string reason) {
  Prediction prediction;
  prediction.id = std::move(id);
  prediction.outcome = outcome;
  prediction.reason = std::move(reason);
  return prediction;
}

// Two systems on five photos, with every kind of failure in the first.
class BenchPageTest : public ::testing::Test {
 protected:
  struct System {
    std::vector<Prediction> predictions;
    Matching matching;
    RecordScores records;
    Scores scores;
  };

  void SetUp() override {
    truth_ = {Truth("paris", {48.85, 2.35}, "urban"), Truth("lyon", {45.76, 4.84}, "urban"),
              Truth("tokyo", {35.68, 139.69}, "street"), Truth("quito", {-0.18, -78.47}, "rural"),
              Truth("oslo", {59.91, 10.75}, std::string(kHostile))};
    systems_[0].predictions = {Answer("paris", {48.86, 2.36}, 0.9),
                               Answer("lyon", {43.3, 5.37}, 0.8),
                               Answer("tokyo", {37.77, -122.42}, 0.4),
                               Failure("quito", Outcome::kRefused, "I cannot <b>say"),
                               Failure("oslo", Outcome::kUnparsed, "no coordinates"),
                               Answer("paris", {0, 0}, 0.1),
                               Answer(std::string(kHostile), {1, 1}, 0.1)};
    systems_[1].predictions = {Answer("paris", {48.85, 2.35}, 0.7)};
    report_.truth_source = "data/<b>truth.csv";
    report_.truth = truth_;
    report_.world = {WorldLand(), WorldBorders()};
    report_.version = "1.2.3";
    Rescore();
  }

  // After a change of the truth.
  void Rescore() {
    report_.systems.clear();
    const CountryPoints no_points = [](std::string_view) { return std::vector<LatLng>(); };
    for (System& system : systems_) {
      system.matching = MatchPredictions(truth_, system.predictions).value();
      system.records =
          ScoreRecords(truth_, system.predictions, system.matching, report_.conventions, no_points);
      system.scores = Summarize(truth_, system.predictions, system.matching, system.records,
                                report_.conventions, {});
      const std::string name = &system == systems_ ? std::string(kHostile) : "other & co";
      report_.systems.push_back({name,
                                 "p.jsonl",
                                 "",
                                 system.predictions,
                                 system.matching,
                                 system.records,
                                 system.scores,
                                 {}});
    }
  }

  std::vector<TruthRecord> truth_;
  System systems_[2];
  BenchReport report_;
};

size_t Count(const std::string& text, std::string_view part) {
  size_t count = 0;
  for (size_t i = text.find(part); i != std::string::npos; i = text.find(part, i + 1)) ++count;
  return count;
}

TEST_F(BenchPageTest, PageLoadsNothingRunsNothingAndEscapesEverything) {
  BenchPageOptions options;
  std::vector<std::string> asked;
  options.photo = [&](const LocateResult& photo, int) {
    asked.push_back(photo.file);
    return std::string(photo.file == "paris" ? "jpeg" : "");
  };
  const std::string page = FormatBenchHtml(report_, options);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("script-src")));
  EXPECT_THAT(page, Not(HasSubstr(" style=")));
  EXPECT_THAT(page, Not(HasSubstr("<b>truth")));
  EXPECT_THAT(page, Not(HasSubstr("href=")));
  EXPECT_EQ(Count(page, "'sha256-"), 1U);
  EXPECT_EQ(Count(page, "src=\""), 2U);  // paris of both systems
  EXPECT_EQ(Count(page, "src=\"data:image/jpeg;base64,"), 2U);
  EXPECT_THAT(page, HasSubstr("I cannot &lt;b&gt;say"));
  EXPECT_THAT(page, HasSubstr("<p class=\"inference\">French</p>"));
  EXPECT_EQ(Count(page, "<article"), 4U);  // three answers with a distance and one
  EXPECT_EQ(asked.size(), 4U);
}

// All charts stand in one page: what they name must be named once, and be there.
TEST_F(BenchPageTest, WhatIsNamedInThePageIsNamedOnce) {
  const std::string page = FormatBenchHtml(report_, {});
  EXPECT_GE(Count(page, "<svg"), 5U);
  const auto quoted = [&](std::string_view before, char end) {
    std::vector<std::string> values;
    for (size_t at = page.find(before); at != std::string::npos; at = page.find(before, at + 1)) {
      const size_t begin = at + before.size();
      values.push_back(page.substr(begin, page.find(end, begin) - begin));
    }
    return values;
  };
  const std::vector<std::string> ids = quoted(" id=\"", '"');
  const std::set<std::string> unique(ids.begin(), ids.end());
  EXPECT_EQ(unique.size(), ids.size());
  for (const auto& [before, end] : {std::pair("url(#", ')'), std::pair("href=\"#", '"'),
                                    std::pair("aria-labelledby=\"", '"')}) {
    for (const std::string& id : quoted(before, end)) EXPECT_TRUE(unique.contains(id)) << id;
  }
}

TEST_F(BenchPageTest, TablesHoldTheScores) {
  const std::string headline = FormatTableCsv(HeadlineTable(report_));
  EXPECT_THAT(headline, HasSubstr("system,scored,\"≤ 1 km, %\""));
  EXPECT_THAT(headline, HasSubstr("other & co,1,100,20.65493"));
  const std::string outcomes = FormatTableCsv(OutcomesTable(report_));
  EXPECT_THAT(outcomes, HasSubstr("</script>,7,1,1,5,3,1,1,0,0,0,0\n"));
  EXPECT_THAT(outcomes, HasSubstr("other & co,1,0,0,1,1,0,0,0,0,0,4\n"));
  EXPECT_EQ(FailuresTable(report_, report_.systems[0]).rows.size(), 4U);
  EXPECT_EQ(FailuresTable(report_, report_.systems[1]).rows.size(), 4U);
  EXPECT_EQ(RecordsTable(report_).rows.size(), 6U);
  const std::vector<Table> groups = BreakdownTables(report_);
  ASSERT_EQ(groups.size(), 3U);  // category, country, continent
  EXPECT_THAT(FormatTableCsv(groups[0]), HasSubstr("\nurban,1–2,50,"));
}

// The number beside a figure had been that of the group's truths, applicable or not.
TEST_F(BenchPageTest, AGroupsNumberIsThatOfTheRecordsInItsFigure) {
  truth_[1].precision_km = 100;  // lyon: not applicable at 25 km
  Rescore();
  EXPECT_THAT(FormatTableCsv(BreakdownTables(report_)[0]), HasSubstr("\nurban,1,100,"));
  truth_[0].precision_km = 100;
  Rescore();
  EXPECT_THAT(FormatTableCsv(BreakdownTables(report_)[0]), HasSubstr("\nurban,0,"));
}

// Distances from country means and from imprecise points had stood among the others.
TEST_F(BenchPageTest, TheDistanceCurveIsOfExactPointsAndSaysSo) {
  const auto curve = [&] { return ReportCharts(report_).front().svg; };
  EXPECT_THAT(curve(), Not(HasSubstr("left out")));
  truth_[1].precision_km = 100;
  Rescore();
  EXPECT_THAT(curve(), HasSubstr("left out: 1 whose place is not known to 1 km"));
  EXPECT_THAT(curve(), HasSubstr("25.0 % within 25 km"));  // one of four, not of five
}

TEST_F(BenchPageTest, WorstAndBestAreDifferentRecords) {
  const ReportCases cases = PickCases(report_, report_.systems[0], 2);
  ASSERT_EQ(cases.best.size(), 1U);
  ASSERT_EQ(cases.worst.size(), 2U);
  EXPECT_EQ(cases.best[0].line.label, "paris");
  EXPECT_EQ(cases.worst[0].line.label, "tokyo");
  EXPECT_EQ(cases.worst[1].line.label, "lyon");
}

TEST_F(BenchPageTest, FolderHoldsEachFormUnderItsOwnName) {
  std::set<std::string> names;
  for (const ReportFile& file : BenchReportFiles(report_, {})) {
    EXPECT_TRUE(names.insert(file.name).second) << file.name;
    EXPECT_FALSE(file.content.empty()) << file.name;
    if (file.name.ends_with(".svg")) {
      EXPECT_EQ(testing::ParseXml(file.content).name, "svg") << file.name;
    }
    if (file.name.ends_with(".tex")) {
      EXPECT_THAT(file.content, HasSubstr("\\toprule"));
    }
  }
  for (const char* name : {"report.html", "report.md", "records.csv", "tables/scores.tex",
                           "tables/scores.csv", "charts/distance_cdf.svg", "charts/reliability.svg",
                           "charts/error_map_other___co.svg", "charts/groups_category.svg"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

TEST_F(BenchPageTest, NothingToReportIsSaid) {
  BenchReport empty = report_;
  System nothing;
  nothing.records = ScoreRecords({}, {}, nothing.matching, report_.conventions, {});
  nothing.scores = Summarize({}, {}, nothing.matching, nothing.records, report_.conventions, {});
  empty.truth = {};
  empty.systems.clear();
  empty.systems.push_back(
      {"none", "", "", {}, nothing.matching, nothing.records, nothing.scores, {}});
  EXPECT_THAT(FormatBenchHtml(empty, {}), HasSubstr("No data: no record was scored"));
}

}  // namespace
}  // namespace gre
