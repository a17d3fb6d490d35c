#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"
#include "report/charts/line_chart.h"
#include "report/training_page.h"
#include "support/temporary_folder.h"
#include "support/xml_document.h"

namespace gre {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using testing::ParseXml;
using testing::XmlElement;

std::string Update(int64_t update, const std::string& rest) {
  return Concat({"{\"update\":", std::to_string(update), ",", rest, "}\n"});
}

TEST(TrainingLogTest, ReadsFiguresByPathAndLeavesOutWhatIsNull) {
  const TrainingLog log = ParseTrainingLog(
      "{\"start\":{\"stage\":\"grpo\",\"recipe\":\"r.toml\",\"updates\":9,\"update\":0,"
      "\"settings\":{\"grpo.group_size\":\"8\"}}}\n" +
          Update(1, "\"loss\":null,\"rewards\":{\"format\":{\"mean\":0.5}}") +
          Update(2, "\"loss\":3,\"rewards\":{\"format\":{\"mean\":1}},\"alarms\":[\"flat\"]"),
      "");
  EXPECT_EQ(log.stage, "grpo");
  EXPECT_EQ(log.updates, 9);
  EXPECT_THAT(log.settings, ElementsAre(Pair("grpo.group_size", "8")));
  EXPECT_THAT(log.Of("loss"), ElementsAre(Pair(2, 3)));
  EXPECT_THAT(log.Of("rewards.format.mean"), ElementsAre(Pair(1, 0.5), Pair(2, 1)));
  ASSERT_EQ(log.alarms.size(), 1U);
  EXPECT_EQ(log.alarms[0].update, 2);
  EXPECT_TRUE(log.Of("nothing").empty());
}

// Killed after update 3 with a checkpoint at 1: 2 and 3 are told again, and are what happened.
TEST(TrainingLogTest, UpdatesToldAgainReplaceAllThatStoodBehind) {
  const std::string first = Update(1, "\"loss\":10") +
                            Update(2, "\"loss\":20,\"alarms\":[\"old\"]") +
                            Update(2, "\"dev\":{\"loss\":7}") + Update(3, "\"loss\":30");
  const std::string rollouts =
      "{\"update\":1,\"completions\":[]}\n{\"update\":2,\"completions\":"
      "[{\"text\":\"old\"}]}\n{\"update\":3,\"completions\":[]}\n";
  const std::string again = rollouts + "{\"update\":2,\"completions\":[{\"text\":\"new\"}]}\n";
  const auto expect = [&](const TrainingLog& log) {
    EXPECT_THAT(log.Of("loss"), ElementsAre(Pair(1, 10), Pair(2, 21)));
    EXPECT_TRUE(log.Of("dev.loss").empty());
    EXPECT_TRUE(log.alarms.empty());
    EXPECT_EQ(log.last_update, 2);
    EXPECT_EQ(log.replaced_updates, 2);
    ASSERT_EQ(log.rollouts.size(), 2U);
    EXPECT_EQ(log.rollouts[1].completions.at(0).text, "new");
  };
  expect(ParseTrainingLog(first + Update(2, "\"loss\":21"), again));
  expect(
      ParseTrainingLog(first + "{\"start\":{\"update\":1}}\n" + Update(2, "\"loss\":21"), again));
}

TEST(TrainingLogTest, TornAndUnreadableLinesAreCounted) {
  const TrainingLog log =
      ParseTrainingLog(Update(1, "\"loss\":1") + "half a li\n" + Update(2, "\"loss\":2") + "{\"upd",
                       "{\"update\":1,\"completions\":3}\n");
  EXPECT_THAT(log.Of("loss"), ElementsAre(Pair(1, 1), Pair(2, 2)));
  EXPECT_TRUE(log.torn);
  EXPECT_EQ(log.unreadable_lines, 2);
}

TEST(TrainingLogTest, FoldersWithoutUpdatesAreRefusedWithTheReason) {
  const testing::TemporaryFolder folder;
  const auto missing = ReadTrainingLog(folder.path());
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message, HasSubstr("expected the folder of a training run"));
  std::ofstream(folder / "log.jsonl") << "{\"start\":{\"stage\":\"sft\"}}\n{\"upd";
  const auto empty = ReadTrainingLog(folder.path());
  ASSERT_FALSE(empty.ok());
  EXPECT_EQ(empty.error().code, ErrorCode::kInvalidInput);
  EXPECT_THAT(empty.error().message, HasSubstr("holds no update yet"));
}

constexpr char kHostile[] = "<script>alert(1)</script>&\\\"";

TEST(TrainingPageTest, EveryFigureHasItsCurveAndHostileTextIsEscaped) {
  std::string text = Concat({"{\"start\":{\"stage\":\"grpo\",\"recipe\":\"", kHostile,
                             "\",\"settings\":{\"grpo.x\":\"", kHostile, "\"}}}\n"});
  for (int i = 1; i <= 200; ++i) {
    text += Update(i, Concat({"\"reward\":", FormatShortest(0.002 * i),
                              ",\"rewards\":{\"distance\":{\"mean\":0.5,\"deviation\":0.2}},"
                              "\"groups\":4,\"zero_advantage_groups\":1,\"learning_rate\":1e-6,"
                              "\"peak_resident_bytes\":2147483648,\"a_new_figure\":3"}));
  }
  text += Update(201, Concat({"\"reward\":1,\"alarms\":[\"", kHostile, "\"]"}));
  const std::string rollouts =
      Concat({"{\"update\":1,\"record\":\"", kHostile,
              "\",\"photo\":\"a.jpg\",\"truth\":{\"latitude\":40,\"longitude\":3},\"completions\":["
              "{\"text\":"
              "\"<answer>10, 10</answer>\",\"reward\":0.1},{\"text\":\"",
              kHostile,
              "<think>it</think><answer>40, "
              "3.1</answer>\",\"reward\":0.9,\"parts\":{\"distance\":0.9}}]}\n"});
  const TrainingLog log = ParseTrainingLog(text, rollouts);
  TrainingPageOptions options;
  options.name = kHostile;
  std::vector<std::string> asked;
  options.photo = [&](const LocateResult& result, int) {
    asked.push_back(result.file);
    return std::string("jpeg");
  };
  const std::string page = FormatTrainingHtml(log, options);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, HasSubstr("a_new_figure"));
  EXPECT_THAT(page, HasSubstr("2.0 GiB"));
  EXPECT_THAT(page, HasSubstr("the best answer, 8.5 km away"));
  EXPECT_THAT(asked, ElementsAre("a.jpg"));
  EXPECT_LT(page.find("0.900"), page.find("0.100"));  // the best completion first
  std::vector<std::string> names;
  for (const NamedChart& chart : TrainingCharts(log)) {
    names.push_back(chart.name);
    const XmlElement root = ParseXml(chart.svg);
    EXPECT_FALSE(root.All("path", "line").empty()) << chart.name;
    EXPECT_THAT(chart.svg, Not(HasSubstr("nan")));
    EXPECT_THAT(chart.svg, Not(HasSubstr("inf")));
  }
  EXPECT_THAT(names, ElementsAre("reward", "rewards", "shares", "rate", "memory", "a_new_figure"));
  const Result<Json> json = ParseJson(FormatTrainingJson(log));
  ASSERT_TRUE(json.ok());
  EXPECT_NEAR((*json)["figures"]["reward"]["first"].get<double>(), 0.021, 1e-9);  // mean of 1 to 20
  EXPECT_EQ((*json)["alarms"].size(), 1U);
}

// The corners of a path of absolute M and L.
std::vector<std::pair<double, double>> Corners(const std::string& path) {
  std::vector<std::pair<double, double>> corners;
  for (const std::string_view corner : Split(std::string_view(path).substr(1), 'L')) {
    const auto numbers = Split(corner, ' ');
    corners.emplace_back(ParseDouble(numbers.at(0)).value(), ParseDouble(numbers.at(1)).value());
  }
  return corners;
}

TEST(LineChartTest, PointsLieWhereTheAxesSay) {
  LineChart chart = {.title = "t", .lines = {{"a", {{1, 0}, {3, 1}, {5, 0.5}}}}};
  const XmlElement root = ParseXml(LineChartSvg(chart));
  const auto corners = Corners(root.All("path", "line").at(0)->attributes.at("d"));
  ASSERT_EQ(corners.size(), 3U);
  EXPECT_NEAR(corners[1].first - corners[0].first, corners[2].first - corners[1].first, 0.02);
  EXPECT_NEAR(corners[0].second - corners[2].second, corners[2].second - corners[1].second, 0.02);
}

TEST(LineChartTest, AMillionUpdatesMakeASmallPictureThatKeepsThePeak) {
  LineChart chart = {.title = "t", .lines = {{"a", {}}}};
  for (int64_t i = 0; i < 1000000; ++i) chart.lines[0].points.emplace_back(i, i == 777777 ? 9 : 1);
  const std::string svg = LineChartSvg(chart);
  EXPECT_LT(svg.size(), 150000U);
  const XmlElement root = ParseXml(svg);
  const auto raw = Corners(root.All("path", "line").at(0)->attributes.at("d"));
  double top = 1e9, bottom = 0;
  for (const auto& [x, y] : raw) {
    top = std::min(top, y);
    bottom = std::max(bottom, y);
  }
  EXPECT_GT(bottom - top, 100);  // the one peak is drawn
}

TEST(LineChartTest, OddValues) {
  EXPECT_THAT(LineChartSvg({.title = "nothing"}), HasSubstr("No data"));
  for (const double value : {0.0, 1e-300, -1e308, 1e308, 4e9, 1.0}) {
    LineChart chart = {.title = "one", .lines = {{"", {{7, value}}}}};
    const std::string svg = LineChartSvg(chart);
    EXPECT_THAT(svg, Not(HasSubstr("nan"))) << value;
    EXPECT_THAT(svg, Not(HasSubstr("inf"))) << value;
    ParseXml(svg);
  }
  LineChart small = {.title = "rate", .lines = {{"", {{1, 1e-6}, {2, 2e-6}}}}};
  EXPECT_THAT(LineChartSvg(small), HasSubstr("× 10⁻⁶"));
}

}  // namespace
}  // namespace gre
