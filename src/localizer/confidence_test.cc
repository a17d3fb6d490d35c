#include "localizer/confidence.h"

#include <cmath>

#include <gtest/gtest.h>

#include "core/random.h"
#include "metrics/calibration.h"

namespace gre {
namespace {

std::vector<CalibrationExample> Draw(const ConfidenceWeights& truth, int count, uint64_t seed) {
  Random random(seed);
  std::vector<CalibrationExample> examples;
  for (int i = 0; i < count; ++i) {
    CalibrationExample example;
    example.features.samples = 8;
    example.features.agreeing = 1 + static_cast<int>(random.Below(8));
    example.features.mean_log_probability = random.Uniform(-2, 0);
    example.features.street_level = random.Uniform() < 0.7 ? 1 : 0;
    example.correct = random.Uniform() < truth.Probability(example.features);
    example.raw_radius = {100, 900};
    example.error_km = 300 * random.Uniform() / (1.0001 - random.Uniform());
    examples.push_back(example);
  }
  return examples;
}

TEST(FitCalibration, RecoversKnownWeights) {
  const ConfidenceWeights truth = {{-0.3, 0.8, 0.6, 0.5, 0.3, -0.2}};
  const auto examples = Draw(truth, 40000, 1);
  const auto fit = FitCalibration(examples, {.samples = 8});
  ASSERT_TRUE(fit.ok());
  for (size_t i = 0; i < ConfidenceWeights::kCount; ++i) {
    EXPECT_NEAR(fit->weights.values[i], truth.values[i], 0.08) << i;
  }
  EXPECT_EQ(fit->samples, 8);
  EXPECT_EQ(fit->photos, 40000);
}

TEST(FitCalibration, IsCalibratedOnFreshPhotosOfBothKinds) {
  const ConfidenceWeights truth = {{-0.5, 1.0, 0.5, 1.0, 0.2, 0.1}};
  const auto fit = FitCalibration(Draw(truth, 480, 2), {.samples = 8});
  ASSERT_TRUE(fit.ok());
  std::vector<JudgedAnswer> street;
  std::vector<JudgedAnswer> ordinary;
  for (const CalibrationExample& example : Draw(truth, 5000, 3)) {
    (example.features.street_level > 0.5 ? street : ordinary)
        .push_back({fit->weights.Probability(example.features), example.correct});
  }
  EXPECT_LT(ExpectedCalibrationError(street), 0.08);
  EXPECT_LT(ExpectedCalibrationError(ordinary), 0.12);
}

TEST(FitCalibration, WidensRadiiUntilTheyHoldTheirShareOfErrors) {
  const auto examples = Draw({{0, 1, 0, 0, 0, 0}}, 2000, 4);
  const auto fit = FitCalibration(examples, {});
  ASSERT_TRUE(fit.ok());
  int in_p50 = 0;
  int in_p90 = 0;
  for (const CalibrationExample& example : examples) {
    in_p50 +=
        example.error_km <= example.raw_radius.p50_km * fit->RadiusFor(example.features).p50_scale
            ? 1
            : 0;
    in_p90 +=
        example.error_km <= example.raw_radius.p90_km * fit->RadiusFor(example.features).p90_scale
            ? 1
            : 0;
  }
  EXPECT_NEAR(in_p50, 1000, 15);
  EXPECT_NEAR(in_p90, 1800, 15);
}

TEST(FitCalibration, FitsTheRadiiOfEachKindOnItsOwnPhotos) {
  auto examples = Draw({{0, 1, 0, 0, 0, 0}}, 2000, 6);
  for (CalibrationExample& example : examples) {
    example.error_km *= example.features.street_level < 0.5 ? 10 : 1;
  }
  const auto fit = FitCalibration(examples, {});
  ASSERT_TRUE(fit.ok());
  EXPECT_GT(fit->ordinary_radius.p50_scale, 6 * fit->street_radius.p50_scale);
  std::erase_if(examples, [](const CalibrationExample& example) {
    return example.features.street_level < 0.5;
  });
  const auto street_only = FitCalibration(examples, {});
  ASSERT_TRUE(street_only.ok());
  EXPECT_EQ(street_only->ordinary_radius.p50_scale, street_only->street_radius.p50_scale);
}

TEST(FitCalibration, BelievesOrdinaryPhotosOnlyAsFarAsTheyAreFamiliar) {
  const ConfidenceWeights truth = {{-0.5, 1.0, 0.5, 0, 0, 0}};
  auto examples = Draw(truth, 4000, 7);
  for (CalibrationExample& example : examples) {
    example.ordinary = example.features.street_level < 0.5;
  }
  const auto fit = FitCalibration(examples, {.samples = 8, .unfamiliar = 0.5});
  ASSERT_TRUE(fit.ok());
  // Of fresh ordinary photos half are such that the model is right on none.
  auto fresh = Draw(truth, 5000, 8);
  std::vector<JudgedAnswer> ordinary;
  std::vector<JudgedAnswer> street;
  size_t right_above_60 = 0;
  size_t above_60 = 0;
  for (size_t i = 0; i < fresh.size(); ++i) {
    const bool is_street = fresh[i].features.street_level > 0.5;
    const bool correct = fresh[i].correct && (is_street || i % 2 == 0);
    const double confidence = fit->weights.Probability(fresh[i].features);
    (is_street ? street : ordinary).push_back({confidence, correct});
    above_60 += confidence > 0.6 ? 1 : 0;
    right_above_60 += confidence > 0.6 && correct ? 1 : 0;
  }
  EXPECT_LT(ExpectedCalibrationError(street), 0.08);
  EXPECT_LT(ExpectedCalibrationError(ordinary), 0.08);
  ASSERT_GT(above_60, 100u);
  EXPECT_GE(2 * right_above_60, above_60);
}

TEST(FitCalibration, StaysFiniteOnSeparableDataAndRefusesUselessData) {
  std::vector<CalibrationExample> examples = Draw({{0, 1, 0, 0, 0, 0}}, 60, 5);
  for (CalibrationExample& example : examples) {
    example.correct = example.features.agreeing > 4;
  }
  const auto fit = FitCalibration(examples, {});
  ASSERT_TRUE(fit.ok());
  for (const double weight : fit->weights.values) {
    EXPECT_LT(std::abs(weight), 50);
  }
  for (CalibrationExample& example : examples) {
    example.correct = true;
  }
  EXPECT_FALSE(FitCalibration(examples, {}).ok());
  EXPECT_FALSE(FitCalibration({}, {}).ok());
}

TEST(Calibration, ReadsWhatItWritesAndPicksTheNearestFit) {
  Calibration calibration;
  calibration.set_abstain_below(0.25);
  calibration.Add({.samples = 8, .photos = 10, .weights = {{1, 2, 3, 4, 5, 6}}});
  calibration.Add({.samples = 1, .photos = 20, .street_radius = {300, 1.5, 2}});
  calibration.Add({.samples = 8, .photos = 30, .weights = {{0.1, 2, 3, 4, 5, 6}}});
  const auto read = Calibration::Parse(calibration.ToJson());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->ToJson(), calibration.ToJson());
  EXPECT_EQ(read->abstain_below(), 0.25);
  EXPECT_EQ(read->FitFor(1).street_radius.typical_error_km, 300);
  EXPECT_EQ(read->FitFor(4).samples, 1);
  EXPECT_EQ(read->FitFor(8).photos, 30);
  EXPECT_EQ(read->FitFor(64).samples, 8);

  EXPECT_FALSE(Calibration::Parse("{}").ok());
  EXPECT_EQ(Calibration::Parse(R"({"schema": "gre.calibration/9"})").error().message,
            "calibration: expected schema 'gre.calibration/2', found \"gre.calibration/9\"");
  EXPECT_FALSE(
      Calibration::Parse(R"({"schema": "gre.calibration/2", "abstain_below": 0.1, "fits": []})")
          .ok());
}

TEST(CautiousConfidence, IsALowerBoundThatGrowsWithAgreement) {
  EXPECT_NEAR(CautiousConfidence({.samples = 1, .agreeing = 1}), 0.5, 1e-12);
  EXPECT_NEAR(CautiousConfidence({.samples = 8, .agreeing = 8}), 8.0 / 9, 1e-12);
  EXPECT_EQ(CautiousConfidence({}), 0);
  double before = -1;
  for (int agreeing = 0; agreeing <= 8; ++agreeing) {
    const double confidence = CautiousConfidence({.samples = 8, .agreeing = agreeing});
    EXPECT_GT(confidence, before);
    EXPECT_LE(confidence, agreeing / 8.0 + 1e-12);
    before = confidence;
  }
}

}  // namespace
}  // namespace gre
