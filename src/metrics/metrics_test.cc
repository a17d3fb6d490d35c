#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.h"
#include "metrics/accuracy.h"
#include "metrics/calibration.h"

namespace gre {
namespace {

using ::testing::HasSubstr;

TEST(Accuracy, GeoScoreHasItsPublishedValues) {
  EXPECT_EQ(GeoScore(0), 5000);
  EXPECT_NEAR(GeoScore(25), 4916.96, 0.005);
  EXPECT_NEAR(GeoScore(10000), 6.16, 0.005);
}

TEST(Accuracy, DistanceConventionsRoundTrip) {
  for (const std::string name : {"geodesic", "haversine:6371", "haversine:6378.137"}) {
    const auto convention = DistanceConvention::Parse(name);
    ASSERT_TRUE(convention.ok());
    EXPECT_EQ(convention->Name(), name);
  }
  EXPECT_EQ(DistanceConvention::Parse("haversine")->Name(), "haversine:6371");
  for (const char* wrong : {"", "vincenty", "haversine:", "haversine:-1", "haversine:6371km"}) {
    EXPECT_THAT(DistanceConvention::Parse(wrong).error().message, HasSubstr("RADIUS_KM"));
  }
  const LatLng sydney{-33.8688, 151.2093};
  const LatLng london{51.5074, -0.1278};
  EXPECT_NEAR(DistanceConvention{}.DistanceKm(sydney, london), 16989.296, 5e-4);
  EXPECT_NEAR(DistanceConvention::Parse("haversine")->DistanceKm(sydney, london), 16993.934, 1e-3);
}

TEST(Accuracy, QuantilesInterpolate) {
  EXPECT_EQ(Median(std::vector<double>{3, 1, 2}), 2);
  EXPECT_EQ(Median(std::vector<double>{4, 1, 2, 3}), 2.5);
  EXPECT_TRUE(std::isnan(Median({})));
  EXPECT_TRUE(std::isnan(Mean({})));
  const std::vector<double> sorted{0, 10, 20, 30};
  EXPECT_EQ(QuantileOfSorted(sorted, 0), 0);
  EXPECT_EQ(QuantileOfSorted(sorted, 1), 30);
  EXPECT_NEAR(QuantileOfSorted(sorted, 0.25), 7.5, 1e-12);
}

TEST(Calibration, ErrorIsTheWeightedGapOfTheBins) {
  const std::vector<JudgedAnswer> answers{{0.95, true},  {0.95, true},  {0.95, true},
                                          {0.95, false}, {0.15, false}, {0.15, false}};
  EXPECT_NEAR(ExpectedCalibrationError(answers, 10), (4 * 0.2 + 2 * 0.15) / 6, 1e-12);
  EXPECT_EQ(ExpectedCalibrationError({}), 0);
  const auto bins = ReliabilityBins(answers, 10);
  ASSERT_EQ(bins.size(), 10u);
  EXPECT_EQ(bins[9].count, 4u);
  EXPECT_EQ(bins[9].accuracy, 0.75);
  EXPECT_EQ(bins[0].count, 0u);
}

TEST(Calibration, EdgesBelongToTheLowerBin) {
  const auto bins =
      ReliabilityBins(std::vector<JudgedAnswer>{{0, true}, {0.5, true}, {1, true}}, 2);
  EXPECT_EQ(bins[0].count, 2u);
  EXPECT_EQ(bins[1].count, 1u);
}

TEST(RiskCoverage, CurveAndAreaFollowTheirDefinition) {
  const RiskCoverage result = ComputeRiskCoverage(
      std::vector<JudgedAnswer>{{0.1, false}, {0.8, true}, {0.9, true}, {0.8, false}});
  ASSERT_EQ(result.curve.size(), 3u);
  EXPECT_EQ(result.curve[0].coverage, 0.25);
  EXPECT_EQ(result.curve[0].risk, 0);
  EXPECT_NEAR(result.curve[1].risk, 1.0 / 3, 1e-12);
  EXPECT_EQ(result.curve[2].coverage, 1);
  EXPECT_EQ(result.curve[2].risk, 0.5);
  EXPECT_NEAR(result.aurc, (0 + 0.5 / 2 + 1.0 / 3 + 2.0 / 4) / 4, 1e-12);
}

TEST(RiskCoverage, OrderOfTiedAnswersDoesNotMatter) {
  const auto aurc = [](bool a, bool b, bool c) {
    return ComputeRiskCoverage(std::vector<JudgedAnswer>{{0.5, a}, {0.5, b}, {0.5, c}, {0.2, true}})
        .aurc;
  };
  EXPECT_EQ(aurc(true, false, false), aurc(false, false, true));
}

TEST(Auroc, ADifferenceIsOfScoresOfTheSameAnswers) {
  std::vector<JudgedAnswer> good, noise;
  for (int i = 0; i < 200; ++i) {
    const bool right = i % 3 == 0;
    good.push_back({(right ? 0.5 : 0.2) + 0.001 * (i % 100), right});
    noise.push_back({static_cast<double>(i * 7919 % 200) / 200, right});
  }
  const Interval better = BootstrapAurocDifference(good, noise);
  const double difference = Auroc(good) - Auroc(noise);
  EXPECT_GT(better.low, 0);
  EXPECT_LT(better.low, difference);
  EXPECT_GT(better.high, difference);
  const Interval none = BootstrapAurocDifference(noise, noise);
  EXPECT_EQ(none.low, 0);
  EXPECT_EQ(none.high, 0);
  EXPECT_TRUE(std::isnan(BootstrapAurocDifference({}, {}).low));
}

TEST(Auroc, CountsPairsAndHalvesTies) {
  // tools/reference/metrics_known_values.py (scikit-learn)
  const std::vector<JudgedAnswer> answers{{0.9, true},  {0.8, false}, {0.8, true}, {0.6, true},
                                          {0.6, false}, {0.6, false}, {0.3, true}, {0.1, false}};
  EXPECT_EQ(Auroc(answers), 0.65625);
  EXPECT_EQ(Auroc(std::vector<JudgedAnswer>{{0.5, true}, {0.5, false}}), 0.5);
  EXPECT_TRUE(std::isnan(Auroc(std::vector<JudgedAnswer>{{0.5, true}})));
  EXPECT_TRUE(std::isnan(Auroc({})));
}

// The intervals' fast way through ties gives what the definitions give on the same resamples.
TEST(BootstrapCalibration, ResamplesTheFiguresThemselves) {
  Random random(5);
  std::vector<JudgedAnswer> answers;
  for (int i = 0; i < 60; ++i) {
    const double confidence = static_cast<double>(random.Below(20)) / 20;
    answers.push_back({confidence, random.Uniform() < confidence});
  }
  const std::vector<JudgedAnswer> unsorted = answers;  // their order does not matter
  std::ranges::sort(answers, [](const JudgedAnswer& a, const JudgedAnswer& b) {
    return std::pair(a.confidence, a.correct) < std::pair(b.confidence, b.correct);
  });
  const BootstrapOptions options = {.resamples = 200, .seed = 3};
  const CalibrationIntervals intervals = BootstrapCalibration(unsorted, options);
  std::vector<double> errors;
  std::vector<double> aurocs;
  std::vector<double> aurcs;
  for (uint64_t r = 0; r < 200; ++r) {
    Random draws(HashSeed(options.seed, r));
    std::vector<JudgedAnswer> drawn;
    for (size_t i = 0; i < answers.size(); ++i) drawn.push_back(answers[draws.Below(60)]);
    errors.push_back(ExpectedCalibrationError(drawn));
    aurocs.push_back(Auroc(drawn));
    aurcs.push_back(ComputeRiskCoverage(drawn).aurc);
  }
  const auto expect = [](const Interval& interval, std::vector<double> values) {
    std::ranges::sort(values);
    EXPECT_NEAR(interval.low, QuantileOfSorted(values, 0.025), 1e-12);
    EXPECT_NEAR(interval.high, QuantileOfSorted(values, 0.975), 1e-12);
  };
  expect(intervals.calibration_error, errors);
  expect(intervals.auroc, aurocs);
  expect(intervals.aurc, aurcs);
  EXPECT_TRUE(std::isnan(BootstrapCalibration({}).aurc.low));
  EXPECT_TRUE(
      std::isnan(BootstrapCalibration(std::vector<JudgedAnswer>{{0.5, true}}, options).auroc.low));
}

TEST(RadiusCoverage, CountsTruthsInsideWithTheirIntervals) {
  const double nowhere = std::numeric_limits<double>::infinity();
  const RadiusCoverage coverage = ComputeRadiusCoverage(
      std::vector<AnswerWithRadius>{{10, 10, 20}, {11, 10, 20}, {30, 10, 20}, {nowhere, 10, 20}});
  EXPECT_EQ(coverage.count, 4u);
  EXPECT_EQ(coverage.inside_p50, 0.25);
  EXPECT_EQ(coverage.inside_p90, 0.5);
  EXPECT_EQ(coverage.inside_p90_interval, WilsonInterval(2, 4));
  EXPECT_TRUE(std::isnan(ComputeRadiusCoverage({}).inside_p50));
}

}  // namespace
}  // namespace gre
