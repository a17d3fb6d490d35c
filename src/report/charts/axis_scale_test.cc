#include "report/charts/axis_scale.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.h"

namespace gre {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Labels(const AxisScale& scale, int most = 6) {
  std::vector<std::string> labels;
  for (const AxisTick& tick : scale.Ticks(most)) {
    if (!tick.label.empty()) labels.push_back(tick.label);
  }
  return labels;
}

TEST(AxisScaleTest, TicksAreRoundNumbers) {
  EXPECT_THAT(Labels(AxisScale::Linear({0, 1}, {0, 100})),
              ElementsAre("0", "0.2", "0.4", "0.6", "0.8", "1"));
  EXPECT_THAT(Labels(AxisScale::Linear({0, 4321}, {0, 100})),
              ElementsAre("0", "1,000", "2,000", "3,000", "4,000"));
  EXPECT_THAT(Labels(AxisScale::Linear({-0.01, 0.011}, {0, 100})),
              ElementsAre("-0.01", "-0.005", "0", "0.005", "0.01"));
  EXPECT_THAT(Labels(AxisScale::Log({0.1, 20000}, {0, 100})),
              ElementsAre("0.1", "1", "10", "100", "1,000", "10,000"));
  EXPECT_THAT(Labels(AxisScale::Log({3, 100}, {0, 100})),
              ElementsAre("5", "10", "20", "50", "100"));
}

TEST(AxisScaleTest, TicksLieInTheRangeAndAreFewForAnyRange) {
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    const double from = random.Uniform(-1, 1) * std::pow(10, random.Uniform(-6, 6));
    const double to = from + std::pow(10, random.Uniform(-5, 6));
    const AxisScale scale = AxisScale::Linear({from, to}, {10, 510});
    const auto ticks = scale.Ticks(6);
    EXPECT_GE(ticks.size(), 1U) << from << " " << to;
    EXPECT_LE(ticks.size(), 6U) << from << " " << to;
    for (const AxisTick& tick : ticks) {
      EXPECT_GE(tick.value, from - (to - from) * 1e-6);
      EXPECT_LE(tick.value, to + (to - from) * 1e-6);
    }
  }
}

TEST(AxisScaleTest, PositionsAndValuesAreInverse) {
  const AxisScale linear = AxisScale::Linear({-5, 15}, {400, 100});
  const AxisScale log = AxisScale::Log({0.1, 20004}, {64, 520});
  EXPECT_DOUBLE_EQ(linear.At(5), 250);
  EXPECT_DOUBLE_EQ(log.At(0.1), 64);
  EXPECT_DOUBLE_EQ(log.At(20004), 520);
  EXPECT_DOUBLE_EQ(log.At(0), 64);  // beyond the ends
  EXPECT_DOUBLE_EQ(log.At(1e9), 520);
  for (const double value : {0.2, 1.0, 7.5, 14.0}) {
    EXPECT_NEAR(linear.ValueAt(linear.At(value)), value, 1e-9);
    EXPECT_NEAR(log.ValueAt(log.At(value)), value, 1e-9 * value);
  }
}

}  // namespace
}  // namespace gre
