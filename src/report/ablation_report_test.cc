#include "report/ablation_report.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"

namespace gre {
namespace {

using ::testing::HasSubstr;

AblationReport Report() {
  AblationReport report;
  report.photos = {10, 5, 5, 4, 6};
  report.seeds = 2;
  report.samples = 8;
  for (const char* name : {"ci", "ci_2"}) {
    AblationScores::Arm arm;
    arm.name = name;
    arm.greedy = {{"street country", {0.5, 0.25, 0.75, 6}, {0.25, 0.75}},
                  {"street geoscore", {1234.4, 1000, 1500, 6}, {1200, 1268.8}}};
    arm.sampled = arm.greedy;
    arm.greedy_error_travel = std::nan("");
    report.scores.arms.push_back(arm);
  }
  AblationScores::Difference difference;
  difference.arm = "ci_2";
  difference.base = "ci";
  difference.decoding = "sampled";
  difference.metric = "street geoscore";
  difference.estimate = {57, -10, 120, 6};
  difference.by_seed = {200, -86};
  report.scores.differences.push_back(difference);
  VerdictScores verdicts;
  verdicts.candidates = 40;
  verdicts.right = 10;
  verdicts.auroc = 0.712;
  verdicts.auroc_interval = {0.6, 0.8};
  verdicts.vote_auroc = 0.791;
  verdicts.less_vote = {-0.2, 0.03};
  report.verdicts["ci"] = {verdicts};
  report.stages = {{"tower", 61}};
  return report;
}

TEST(AblationReportTest, TablesShowIntervalsAndWhatEachSeedGave) {
  const std::string text = FormatAblationMarkdown(Report());
  EXPECT_THAT(text, HasSubstr("10 photos for the cold start"));
  EXPECT_THAT(text, HasSubstr(R"(50.0 \[25.0, 75.0\] | 1234 \[1000, 1500\] |)"));
  EXPECT_THAT(text, HasSubstr(R"(57 \[-10, 120\] |)"));
  EXPECT_THAT(text, HasSubstr("| street | sampled |    200 |    -86 |"));
  EXPECT_THAT(text, HasSubstr(R"(0.712 \[0.600, 0.800\] | -0.079 \[-0.200, 0.030\])"));
}

TEST(AblationReportTest, TheJsonHoldsTheSameFigures) {
  const Json json = ParseJson(FormatAblationJson(Report())).value();
  EXPECT_EQ(json["schema"], "gre.ablation/1");
  EXPECT_EQ(json["arms"]["ci_2"]["greedy"]["street country"]["by_seed"][1], 0.75);
  EXPECT_EQ(json["differences"][0]["by_seed"][0], 200);
  EXPECT_EQ(json["verdicts"]["ci"][0]["auroc_interval"][1], 0.8);
  EXPECT_EQ(json["seconds"]["tower"], 61);
}

}  // namespace
}  // namespace gre
