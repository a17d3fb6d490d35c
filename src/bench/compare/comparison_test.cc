#include "bench/compare/comparison.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/compare/breakdown.h"
#include "bench/matching.h"
#include "core/random.h"
#include "geo/geodesic.h"

namespace gre {
namespace {

constexpr size_t kRecords = 60;

struct System {
  std::vector<Prediction> predictions;
  RecordScores scores;
};

class ComparisonTest : public testing::Test {
 protected:
  ComparisonTest() {
    Random random(5);
    for (size_t i = 0; i < kRecords; ++i) {
      TruthRecord record = {.id = std::to_string(i),
                            .point = LatLng{random.Uniform(40, 50), random.Uniform(0, 10)}};
      record.labels["category"] = i < 3 ? "offices" : i < 25 ? "road traffic" : "natural scene";
      truth_.push_back(std::move(record));
    }
  }

  // Answers off by up to `error_km`; every seventh missing, every fifth without coordinates.
  [[nodiscard]] System Make(uint64_t seed, double error_km, size_t skipped = kRecords) const {
    Random random(seed);
    System system;
    for (size_t i = 0; i < kRecords; ++i) {
      const LatLng point = GeodesicDestination(*truth_[i].point, random.Uniform(0, 360),
                                               random.Uniform() * error_km);
      if (i % 7 == skipped) continue;
      Prediction prediction = {.id = truth_[i].id};
      prediction.outcome = random.Below(5) == 0 ? Outcome::kUnparsed : Outcome::kParsed;
      if (prediction.outcome == Outcome::kParsed) prediction.point = point;
      system.predictions.push_back(std::move(prediction));
    }
    system.scores =
        ScoreRecords(truth_, system.predictions, *MatchPredictions(truth_, system.predictions), {},
                     [](std::string_view) { return std::vector<LatLng>(); });
    return system;
  }

  [[nodiscard]] Comparison Compare(const System& base, const System& other,
                                   const std::string& by = "") const {
    const std::vector<ComparedSystem> systems = {{"base", base.predictions, &base.scores},
                                                 {"other", other.predictions, &other.scores}};
    return *CompareSystems(truth_, systems, {.by = by});
  }

  std::vector<TruthRecord> truth_;
};

TEST_F(ComparisonTest, AFileAgainstItselfDiffersInNothing) {
  const System system = Make(1, 400);
  const Comparison comparison = Compare(system, system);
  const SystemComparison& itself = comparison.systems.front();
  EXPECT_EQ(itself.records, kRecords);
  EXPECT_EQ(itself.alike, kRecords);
  EXPECT_TRUE(itself.changes.empty());
  for (const MetricDifference& metric : itself.metrics) {
    SCOPED_TRACE(metric.metric);
    EXPECT_EQ(metric.difference, 0);
    EXPECT_EQ(metric.low, 0);
    EXPECT_EQ(metric.high, 0);
    EXPECT_EQ(metric.wins + metric.losses, 0u);
    if (metric.metric == "median_km") continue;
    EXPECT_EQ(metric.p_value, 1);
    EXPECT_EQ(metric.p_holm, 1);
  }
}

TEST_F(ComparisonTest, ExchangingTheSystemsChangesTheSigns) {
  const System near = Make(1, 100, 2);
  const System far = Make(2, 900, 3);
  const SystemComparison there = Compare(near, far).systems.front();
  const SystemComparison back = Compare(far, near).systems.front();
  EXPECT_EQ(there.only_base, back.only_this);
  EXPECT_EQ(there.nearer, back.farther);
  EXPECT_EQ(there.farther, back.nearer);
  EXPECT_GT(there.farther, there.nearer);
  ASSERT_EQ(there.metrics.size(), back.metrics.size());
  for (size_t i = 0; i < there.metrics.size(); ++i) {
    const MetricDifference& a = there.metrics[i];
    const MetricDifference& b = back.metrics[i];
    SCOPED_TRACE(a.metric);
    EXPECT_EQ(a.records, b.records);
    EXPECT_EQ(a.wins, b.losses);
    EXPECT_EQ(a.losses, b.wins);
    EXPECT_NEAR(a.difference, -b.difference, 1e-9);
    EXPECT_NEAR(a.low, -b.high, 1e-9);
    EXPECT_NEAR(a.high, -b.low, 1e-9);
    EXPECT_TRUE(a.low <= a.difference && a.difference <= a.high);
    if (std::isnan(a.p_value)) continue;
    EXPECT_DOUBLE_EQ(a.p_value, b.p_value);
    EXPECT_GE(a.p_holm, a.p_value);
  }
  const MetricDifference* hits = there.Find("acc@200");
  ASSERT_NE(hits, nullptr);
  EXPECT_TRUE(hits->is_mcnemar);
  EXPECT_LT(hits->p_value, 1e-4);
  EXPECT_EQ(hits->wins + hits->losses + hits->ties, hits->records);
}

TEST_F(ComparisonTest, GroupsAddUpAndSmallOnesStay) {
  const Comparison comparison = Compare(Make(1, 100), Make(2, 900), "category");
  const std::vector<GroupDifference>& groups = comparison.systems.front().groups;
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_EQ(groups[0].name, "natural scene");
  EXPECT_EQ(groups[2].name, "offices");
  EXPECT_TRUE(groups[2].too_small);
  EXPECT_EQ(groups[2].records, 3u);
  EXPECT_EQ(groups[0].records + groups[1].records + groups[2].records, kRecords);
  const std::vector<TruthRecord> no_labels = {{.id = "a", .point = LatLng{0, 0}}};
  const auto unknown = GroupNames(no_labels, "category");
  ASSERT_FALSE(unknown.ok());
  EXPECT_THAT(unknown.error().message, testing::HasSubstr("the truth has no labels"));
  EXPECT_EQ(GroupNames(no_labels, "country")->front(), kGroupNotStated);  // the high sea
}

TEST_F(ComparisonTest, ABreakdownOfOneSystemKeepsEveryRecord) {
  const auto breakdown = BreakDownScores(truth_, Make(1, 100).scores, "continent");
  ASSERT_TRUE(breakdown.ok());
  size_t records = 0;
  for (const BreakdownGroup& group : breakdown->groups) records += group.records;
  EXPECT_EQ(records, kRecords);
  EXPECT_EQ(breakdown->groups.front().name, "Europe");
  EXPECT_EQ(breakdown->groups.front().figures.size(), breakdown->metrics.size());
}

TEST_F(ComparisonTest, ConditionsNameWhoFailsAndWhy) {
  const Comparison comparison = Compare(Make(1, 100), Make(2, 900, 3));
  const auto check = [&](std::string_view text) {
    const std::vector<FailCondition> conditions = {*ParseFailCondition(text)};
    return FindFailures(comparison, conditions);
  };
  const auto failures = check("acc@200 < base - 0.01");
  ASSERT_TRUE(failures.ok());
  ASSERT_EQ(failures->size(), 1u);
  EXPECT_THAT(failures->front(),
              testing::StartsWith("other: fails 'acc@200 < base - 0.01': acc@200 = 0."));
  EXPECT_EQ(check("acc@200 > base")->size(), 0u);
  EXPECT_EQ(check("records < base")->size(), 1u);
  const auto unknown = check("acc@10 < 0.5");
  ASSERT_FALSE(unknown.ok());
  EXPECT_THAT(unknown.error().message,
              testing::HasSubstr("character 1: expected one of records, acc@1, acc@25"));
}

}  // namespace
}  // namespace gre
