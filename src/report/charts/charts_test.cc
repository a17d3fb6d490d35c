#include <cmath>
#include <limits>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.h"
#include "core/strings.h"
#include "geo/geodesic.h"
#include "knowledge/borders.h"
#include "report/charts/calibration_charts.h"
#include "report/charts/chart_style.h"
#include "report/charts/confusion_chart.h"
#include "report/charts/distance_cdf.h"
#include "report/charts/error_map.h"
#include "report/charts/interval_bars.h"
#include "support/xml_document.h"

// Pictures are read back: what was drawn where it should be.
namespace gre {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ParseXml;
using testing::XmlElement;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view kHostile = "<b>&\"x\"]]>\x01 \xff";

// What holds for every picture.
XmlElement ParseChart(const std::string& svg) {
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf\"")));
  EXPECT_THAT(svg, Not(HasSubstr(" style=")));
  EXPECT_THAT(svg, Not(HasSubstr(" id=")));
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
  EXPECT_THAT(svg, Not(HasSubstr("href")));
  XmlElement root = ParseXml(svg);
  EXPECT_EQ(root.name, "svg");
  EXPECT_EQ(root.attributes["role"], "img");
  EXPECT_EQ(root.children.at(0).name, "title");
  EXPECT_EQ(root.children.at(1).name, "desc");
  EXPECT_FALSE(root.children.at(1).text.empty());
  return root;
}

bool SaysNoData(const std::string& svg) {
  const XmlElement root = ParseChart(svg);
  for (const XmlElement* text : root.All("text")) {
    if (text->text.starts_with("No data: ")) return true;
  }
  return false;
}

// The corners of a path of absolute M, L, H and V.
std::vector<std::pair<double, double>> Corners(const std::string& path) {
  std::string spaced;
  for (const char c : path) {
    const bool letter = c >= 'A' && c <= 'Z';
    if (letter) spaced += ' ';
    spaced += c;
    if (letter) spaced += ' ';
  }
  std::istringstream stream(spaced);
  std::vector<std::pair<double, double>> corners;
  double x = 0;
  double y = 0;
  for (std::string command; stream >> command;) {
    if (command == "H") {
      stream >> x;
    } else if (command == "V") {
      stream >> y;
    } else if (command != "Z") {
      stream >> x >> y;
    }
    corners.emplace_back(x, y);
  }
  return corners;
}

// Where a tick's label stands; those of the x axis are centred, those of the y axis end at it.
double TickPosition(const XmlElement& root, const std::string& label, const std::string& axis) {
  const std::string anchor = axis == "x" ? "middle" : "end";
  for (const XmlElement* text : root.All("text")) {
    const auto its_anchor = text->attributes.find("text-anchor");
    if (text->text == label && its_anchor != text->attributes.end() &&
        its_anchor->second == anchor) {
      return text->Number(axis) - (axis == "y" ? 4 : 0);
    }
  }
  ADD_FAILURE() << "no tick " << label;
  return kNan;
}

TEST(DistanceCdfTest, CurveRisesByEachRecordAtItsDistance) {
  DistanceCdf chart;
  chart.systems = {{"one", {1000, 0.5, 10, 10}, 1}, {std::string(kHostile), {}, 3}};
  const XmlElement root = ParseChart(DistanceCdfSvg(chart));
  const double x1 = TickPosition(root, "1", "x");
  const double x1000 = TickPosition(root, "1,000", "x");
  const double y0 = TickPosition(root, "0 %", "y");
  const double y100 = TickPosition(root, "100 %", "y");
  const auto x = [&](double km) { return x1 + (x1000 - x1) * std::log10(km) / 3; };
  const auto y = [&](double share) { return y0 + (y100 - y0) * share; };
  const auto corners = Corners(root.All("path", "line").at(0)->attributes.at("d"));
  const std::vector<std::pair<double, double>> expected = {
      {corners[0].first, y(0)}, {x(0.5), y(0)},
      {x(0.5), y(0.2)},         {x(10), y(0.2)},
      {x(10), y(0.6)},          {x(1000), y(0.6)},
      {x(1000), y(0.8)},        {corners.back().first, y(0.8)}};
  ASSERT_EQ(corners.size(), expected.size());
  for (size_t i = 0; i < corners.size(); ++i) {
    EXPECT_NEAR(corners[i].first, expected[i].first, 0.05);
    EXPECT_NEAR(corners[i].second, expected[i].second, 0.05);
  }
  EXPECT_EQ(root.All("path", "threshold").size(), 5U);
  EXPECT_THAT(root.children[1].text, HasSubstr("one: 20.0 % within 1 km, 60.0 % within 25 km"));
}

TEST(DistanceCdfTest, ManyRecordsMakeAShortPathThatStaysExact) {
  DistanceCdf chart;
  chart.systems.resize(1);
  Random random(5);
  for (int i = 0; i < 200000; ++i) {
    chart.systems[0].distances_km.push_back(std::pow(10, random.Uniform(-1, 4.3)));
  }
  const XmlElement root = ParseChart(DistanceCdfSvg(chart));
  const auto corners = Corners(root.All("path", "line").at(0)->attributes.at("d"));
  EXPECT_LE(corners.size(), 2200U);
  for (size_t i = 1; i < corners.size(); ++i) {
    EXPECT_GE(corners[i].first, corners[i - 1].first);
    EXPECT_LE(corners[i].second, corners[i - 1].second);
  }
}

TEST(DistanceCdfTest, NothingAndOnePoint) {
  EXPECT_TRUE(SaysNoData(DistanceCdfSvg({})));
  DistanceCdf empty;
  empty.systems = {{"x", {}, 0}};
  EXPECT_TRUE(SaysNoData(DistanceCdfSvg(empty)));
  DistanceCdf odd;
  odd.systems = {{"one", {0}, 0}, {"not numbers", {kNan, -1}, 0}};
  const std::string svg = DistanceCdfSvg(odd);
  EXPECT_FALSE(SaysNoData(svg));
  EXPECT_THAT(svg, HasSubstr("not numbers: 0.0 % within 1 km"));
  EXPECT_THAT(svg, HasSubstr("one: 100.0 % within 1 km"));
}

TEST(IntervalBarsTest, BarsAndWhiskersLieOnTheAxis) {
  IntervalBars chart;
  chart.title = kHostile;
  chart.systems = {"a", "b"};
  chart.groups = {{"urban", "n = 4", {{0.25, Interval{0.1, 0.5}}, {0.5, std::nullopt}}},
                  {"rural", "", {{kNan, std::nullopt}, {0, Interval{0, 0.2}}}}};
  chart.percent = true;
  chart.full_scale = 1;
  const XmlElement root = ParseChart(IntervalBarsSvg(chart));
  const double x0 = TickPosition(root, "0 %", "x");
  const double x100 = TickPosition(root, "100 %", "x");
  std::vector<double> widths;
  for (const XmlElement* bar : root.All("rect", "area")) {
    if (bar->Number("x") == x0) widths.push_back(bar->Number("width") / (x100 - x0));
  }
  ASSERT_EQ(widths.size(), 3U);
  EXPECT_NEAR(widths[0], 0.25, 1e-3);
  EXPECT_NEAR(widths[1], 0.5, 1e-3);
  EXPECT_NEAR(widths[2], 0, 1e-3);
  const auto whisker = Corners(root.All("path", "whisker").at(0)->attributes.at("d"));
  EXPECT_NEAR((whisker[0].first - x0) / (x100 - x0), 0.1, 1e-3);
  EXPECT_NEAR((whisker[1].first - x0) / (x100 - x0), 0.5, 1e-3);
  EXPECT_THAT(root.children[1].text, HasSubstr("urban: a 25.0 [10.0–50.0], b 50.0."));
  EXPECT_THAT(root.children[1].text, HasSubstr("rural: a no data, b 0.0 [0.0–20.0]."));
}

TEST(IntervalBarsTest, NothingToShow) {
  EXPECT_TRUE(SaysNoData(IntervalBarsSvg({})));
  IntervalBars chart;
  chart.title = "x";
  chart.systems = {"a"};
  chart.groups = {{"g", "", {{kNan, Interval{kNan, kNan}}}}, {"h", "", {}}};
  EXPECT_TRUE(SaysNoData(IntervalBarsSvg(chart)));
}

std::vector<JudgedAnswer> Judged() {
  std::vector<JudgedAnswer> answers;
  for (int i = 0; i < 100; ++i) answers.push_back({0.2, i < 30});
  for (int i = 0; i < 50; ++i) answers.push_back({0.8, i < 40});
  return answers;
}

TEST(ReliabilityChartTest, BinsStandAtConfidenceAndAccuracy) {
  ReliabilityChart chart;
  chart.panels = {
      {"none", ReliabilityBins({}), 0},
      {std::string(kHostile), ReliabilityBins(Judged()), ExpectedCalibrationError(Judged())}};
  const XmlElement root = ParseChart(ReliabilitySvg(chart));
  ASSERT_EQ(root.All("line", "diagonal").size(), 1U);  // one panel
  const XmlElement& diagonal = *root.All("line", "diagonal")[0];
  const auto share_x = [&](double x) {
    return (x - diagonal.Number("x1")) / (diagonal.Number("x2") - diagonal.Number("x1"));
  };
  const auto share_y = [&](double y) {
    return (y - diagonal.Number("y1")) / (diagonal.Number("y2") - diagonal.Number("y1"));
  };
  const auto marks = root.All("path", "mark");
  ASSERT_EQ(marks.size(), 2U);
  EXPECT_THAT(marks[0]->attributes.at("class"), HasSubstr("s1"));  // keeps its colour
  const auto middle = [&](const XmlElement& square) {
    const auto corners = Corners(square.attributes.at("d"));
    return std::pair((corners[0].first + corners[2].first) / 2,
                     (corners[0].second + corners[2].second) / 2);
  };
  EXPECT_NEAR(share_x(middle(*marks[0]).first), 0.2, 1e-3);
  EXPECT_NEAR(share_y(middle(*marks[0]).second), 0.3, 1e-3);
  EXPECT_NEAR(share_x(middle(*marks[1]).first), 0.8, 1e-3);
  EXPECT_NEAR(share_y(middle(*marks[1]).second), 0.8, 1e-3);
  EXPECT_THAT(root.children[1].text, HasSubstr("expected calibration error 0.067"));
}

TEST(RiskCoverageTest, PointsLieWhereTheyShould) {
  RiskCoverageChart chart;
  chart.curves = {{"a", ComputeRiskCoverage(Judged())}, {"empty", {}}};
  const XmlElement root = ParseChart(RiskCoverageSvg(chart));
  const double x0 = TickPosition(root, "0 %", "x");
  const auto corners = Corners(root.All("path", "line").at(0)->attributes.at("d"));
  ASSERT_EQ(corners.size(), 2U);
  const double y0 = TickPosition(root, "0 %", "y");
  const double y60 = TickPosition(root, "60 %", "y");  // the axis ends above the highest risk
  EXPECT_NEAR((corners[0].second - y0) / (y60 - y0) * 0.6, 10.0 / 50, 1e-3);
  EXPECT_NEAR((corners[1].second - y0) / (y60 - y0) * 0.6, 80.0 / 150, 1e-3);
  EXPECT_NEAR((corners[0].first - x0) / (corners[1].first - x0), 50.0 / 150, 1e-3);
}

TEST(CalibrationChartsTest, NothingToShow) {
  EXPECT_TRUE(SaysNoData(ReliabilitySvg({})));
  EXPECT_TRUE(SaysNoData(RiskCoverageSvg({})));
}

TEST(ConfusionTest, CountsEveryRecordWithATruth) {
  const std::vector<CountryPair> records = {
      {"France", "France"}, {"France", "Spain"}, {"France", ""},    {"France", "France"},
      {"Spain", "France"},  {"Chad", "Chad"},    {"Mali", "Chad"},  {"", "France"},
      {"Spain", "Spain"},   {"Spain", "Spain"},  {"Mali", "Bhutan"}};
  const ConfusionMatrix matrix = CountCountries(records, 2);
  EXPECT_THAT(matrix.truths, ElementsAre("France", "Spain", "other"));
  EXPECT_THAT(matrix.answers, ElementsAre("France", "Spain", "other", "no answer"));
  EXPECT_THAT(matrix.counts, ElementsAre(ElementsAre(2, 1, 0, 1), ElementsAre(1, 2, 0, 0),
                                         ElementsAre(0, 0, 3, 0)));
  EXPECT_EQ(matrix.note,
            "Of the 3 answers \"other\" to truths \"other\", 1 name the right country.");
  const XmlElement root = ParseChart(ConfusionSvg(matrix));
  EXPECT_EQ(root.All("rect", "cell").size(), 12U);
  EXPECT_EQ(root.All("rect", "right").size(), 2U);  // "other" is no country
}

TEST(ConfusionTest, NothingAndHostileNames) {
  EXPECT_TRUE(SaysNoData(ConfusionSvg({})));
  EXPECT_TRUE(SaysNoData(ConfusionSvg(CountCountries({}))));
  const std::vector<CountryPair> hostile = {{std::string(kHostile), ""}};
  EXPECT_EQ(ParseChart(ConfusionSvg(CountCountries(hostile))).All("rect", "cell").size(), 2U);
}

ErrorLine LineBetween(const LatLng& truth, const LatLng& answer) {
  return {truth, answer, GeodesicDistanceKm(truth, answer), std::string(kHostile)};
}

TEST(ErrorMapTest, LinesRunFromTruthToAnswerAndBreakAtTheAntimeridian) {
  ErrorMap map;
  map.world = {WorldLand(), WorldBorders()};
  map.lines = {LineBetween({35, 139}, {37, -122}), LineBetween({48, 2}, {48.1, 2.1})};
  map.lines.push_back({{0, 0}, {1, 1}, kNan, "no distance"});
  const XmlElement root = ParseChart(ErrorMapSvg(map));
  const XmlElement& window = *root.All("svg", "map-window").at(0);
  const auto lines = window.All("path", "line");
  ASSERT_EQ(lines.size(), 2U);
  const std::string far = lines[0]->attributes.at("d");  // long ones first
  EXPECT_EQ(std::count(far.begin(), far.end(), 'M'), 2);
  const MapPoint from = ProjectMiller({35, 139});
  const MapPoint to = ProjectMiller({37, -122});
  EXPECT_NEAR(Corners(far).front().first, from.x, 0.01);
  EXPECT_NEAR(Corners(far).front().second, from.y, 0.01);
  EXPECT_NEAR(Corners(far).back().first, to.x, 0.01);
  EXPECT_NEAR(Corners(far).back().second, to.y, 0.01);
  EXPECT_EQ(window.All("circle", "truth").size(), 2U);
}

TEST(ErrorMapTest, ManyLinesAreSampledAndTheMapSaysSo) {
  ErrorMap map;
  map.most_lines = 50;
  Random random(2);
  for (int i = 0; i < 3000; ++i) {
    map.lines.push_back(LineBetween({random.Uniform(-60, 70), random.Uniform(-180, 180)},
                                    {random.Uniform(-60, 70), random.Uniform(-180, 180)}));
  }
  const std::string svg = ErrorMapSvg(map);
  const XmlElement root = ParseChart(svg);
  EXPECT_EQ(root.All("circle", "truth").size(), 50U);
  EXPECT_THAT(svg, HasSubstr("50 of 3000 answers, drawn at random"));
  EXPECT_EQ(svg, ErrorMapSvg(map));
}

TEST(ErrorMapTest, NothingAndOnePoint) {
  EXPECT_TRUE(SaysNoData(ErrorMapSvg({})));
  ErrorMap map;
  map.lines = {LineBetween({-89, 10}, {-89, 10})};
  EXPECT_FALSE(SaysNoData(ErrorMapSvg(map)));
  for (const ErrorLine& line : {LineBetween({0, 179.9}, {0, -179.9}), LineBetween({1, 1}, {1, 1}),
                                LineBetween({90, 0}, {-90, 0})}) {
    const XmlElement root = ParseChart(CaseMapSvg(line, {WorldLand(), WorldBorders()}));
    EXPECT_EQ(root.All("text").size(), 2U);
  }
}

TEST(ChartStyleTest, SystemsDifferInMoreThanColour) {
  for (size_t a = 0; a < kSeriesColors; ++a) {
    for (size_t b = 0; b < a; ++b) {
      EXPECT_NE(StyleOfSeries(a).color, StyleOfSeries(b).color);
      EXPECT_NE(StyleOfSeries(a).dash, StyleOfSeries(b).dash);
      EXPECT_NE(StyleOfSeries(a).marker, StyleOfSeries(b).marker);
    }
  }
  EXPECT_NE(StyleOfSeries(0).dash, StyleOfSeries(kSeriesColors).dash);
}

TEST(ChartStyleTest, LabelsSpreadApart) {
  EXPECT_THAT(SpreadApart({50, 51, 10}, 20, 0, 100), ElementsAre(50, 70, 10));
  EXPECT_THAT(SpreadApart({95, 96, 97}, 20, 0, 100), ElementsAre(60, 80, 100));
}

}  // namespace
}  // namespace gre
