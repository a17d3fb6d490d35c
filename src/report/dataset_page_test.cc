#include "report/dataset_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "knowledge/borders.h"
#include "report/charts/density_map.h"
#include "report/charts/histogram_panels.h"
#include "report/data_card.h"
#include "report/world_land.h"
#include "support/xml_document.h"

namespace gre {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::ParseXml;
using testing::XmlElement;

constexpr char kHostile[] = "<script>alert(1)</script>|`x`";

WorldLines World() { return {WorldLand(), WorldBorders()}; }

DatasetStatistics Statistics() {
  DatasetStatistics statistics;
  statistics.folder = "data/mine";
  statistics.photos = 1200;
  statistics.dropped = 200;
  statistics.sources[kHostile] = 1200;
  statistics.licences[""] = 1200;
  statistics.with_point = 2;
  statistics.with_country = 998;
  statistics.density.Add({48.85, 2.35});
  statistics.density.Add({48.85, 2.35});
  statistics.density.country_only = {{"JP", 900}, {"PE", 98}};
  statistics.density.countries = {{"FR", 2}, {"JP", 900}, {"PE", 98}};
  statistics.findings = {{"check", "near_duplicate", true, 200}, {"check", "tiny", false, 4}};
  TeacherStatistics& teacher = statistics.teachers.emplace_back();
  teacher.teacher = kHostile;
  teacher.purpose = "chain";
  teacher.replies = 2;
  teacher.with_distance = 2;
  teacher.within = {0, 1, 1, 1, 2};
  teacher.distance_km.Add(12);
  teacher.distance_km.Add(1500);
  teacher.characters.Add(400);
  teacher.steps.Add(4);
  statistics.chains.chains = 1;
  statistics.chains.steps = 4;
  statistics.chains.families = {{Family::kText, 3}, {Family::kTerrain, 1}};
  statistics.chains.indicators = {{Indicator::kLanguage, 3}, {Indicator::kScript, 1}};
  statistics.chains.languages = {{"English", 1}};
  EntryCount judge;
  judge.part = DataPart::kJudge;
  judge.split = "train";
  judge.band = "at_most_25_km";
  judge.reviewed = "none";
  judge.label = 1;
  judge.records = 7;
  statistics.entries = {judge};
  return statistics;
}

TEST(DatasetPage, IsSelfContainedAndEscaped) {
  const DatasetStatistics statistics = Statistics();
  const std::string page = FormatDatasetHtml(statistics, World(), "1");
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("nan")));
  EXPECT_THAT(page, HasSubstr("Dataset: mine"));
  EXPECT_THAT(page, HasSubstr("GREval-Bench, published"));
  for (const NamedChart& chart : DatasetCharts(statistics, World())) {
    EXPECT_EQ(ParseXml(chart.svg).name, "svg") << chart.name;
  }
  const std::string markdown = FormatDatasetMarkdown(statistics);
  EXPECT_THAT(markdown, Not(HasSubstr("<script")));
  const auto json = ParseJson(FormatDatasetJson(statistics));
  ASSERT_TRUE(json.ok()) << json.error().message;
  EXPECT_EQ(json->at("teachers").at(0).at("within_km").at("25"), 1);
  // a dataset that was only made
  EXPECT_THAT(FormatDatasetHtml({}, World(), "1"), HasSubstr("No data"));
  EXPECT_TRUE(ParseJson(FormatDatasetJson({})).ok());
}

TEST(DensityMap, ShadesByTensAndAreasByCounts) {
  DensityMap map;
  map.world = World();
  map.cells = {{48, 2, 9}, {34, 134, 10}, {-12, -78, 123456}};
  map.circles = {{{36, 138}, "Japan", 400}, {{-9, -75}, "Peru", 100}};
  const XmlElement root = ParseXml(DensityMapSvg(map));
  // with the key's, which are rectangles
  EXPECT_EQ(root.All("path", "h0").size(), 1U);
  EXPECT_EQ(root.All("path", "h1").size(), 1U);
  EXPECT_EQ(root.All("path", "h4").size(), 1U);
  const XmlElement* window = root.All("svg", "map-window").at(0);
  const auto circles = window->All("circle", "country");
  ASSERT_EQ(circles.size(), 2U);
  EXPECT_NEAR(circles[0]->Number("r") / circles[1]->Number("r"), 2, 0.01);
  EXPECT_THAT(circles[0]->children.at(0).text, HasSubstr("Japan: 400"));
  // many cells become one path a shade
  for (int i = 0; i < 4000; ++i) map.cells.push_back({i / 100.0, 10, 1});
  EXPECT_EQ(ParseXml(DensityMapSvg(map)).All("path", "h0").size(), 1U);
}

TEST(HistogramPanels, HeightsAreSharesOfTheirPanel) {
  HistogramPanels chart;
  chart.title = "t";
  chart.value_label = "km";
  chart.log = true;
  chart.edges = {1, 10, 100, 1000, 10000};
  chart.marks = {25, 1e6};
  chart.panels = {
      {"a", "n = 4", {0, 1, 3, 0}}, {"b", "n = 40", {0, 10, 30, 0}}, {"c", "", {0, 0, 0, 0}}};
  const XmlElement root = ParseXml(HistogramPanelsSvg(chart));
  const auto a = root.All("rect", "s0");
  const auto b = root.All("rect", "s1");
  ASSERT_EQ(a.size(), 2U);
  ASSERT_EQ(b.size(), 2U);
  EXPECT_TRUE(root.All("rect", "s2").empty());
  EXPECT_NEAR(a[1]->Number("height") / a[0]->Number("height"), 3, 0.02);
  EXPECT_DOUBLE_EQ(a[1]->Number("height"), b[1]->Number("height"));
  EXPECT_EQ(root.All("line", "threshold").size(), 1U);
}

TEST(DataCard, SaysWhatAReaderMustKnow) {
  ExportSummary summary;
  summary.out = "x/dataset";
  summary.records = 3;
  summary.slices = {{.part = DataPart::kJudge, .split = "train", .records = 3, .labelled_true = 2}};
  summary.licences = {{"", 2}, {kHostile, 1}};
  summary.facts = {{"theta.judge_km", "200"}};
  summary.reviewed = {{"none", 3}};
  summary.teachers = {{"t", 3}};
  summary.missing = 3;
  CardTables tables;
  tables.teachers = {{"t", "recorded", "gpt", R"({"temperature":1})"}};
  tables.findings = {{"check", "near_duplicate", true, 4}};
  tables.runs = {
      {"cot", R"({"DIR":"d's","recorded":["a.jsonl","b"],"filter-theta-km":"25","force":"false"})",
       "gre 1", "now", "then", "{}"}};
  const std::string card = FormatDataCard(summary, tables);
  EXPECT_THAT(card, HasSubstr("reviewed: none"));
  EXPECT_THAT(card, HasSubstr("near\\_duplicate"));
  EXPECT_THAT(card, HasSubstr("| judge  | 200     |"));
  EXPECT_THAT(card, HasSubstr("only named"));
  EXPECT_THAT(card, HasSubstr("gre dataset cot 'd'\\''s' --filter-theta-km 25 --recorded a.jsonl "
                              "--recorded b  # now"));
  EXPECT_THAT(card, Not(HasSubstr("<script")));
}

}  // namespace
}  // namespace gre
