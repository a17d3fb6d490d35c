#include "rewards/advantages.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.h"

namespace gre {
namespace {

using testing::DoubleNear;
using testing::Each;
using testing::ElementsAre;

TEST(AdvantagesTest, FollowTheFormulaOfEachScale) {
  const std::vector<double> rewards = {0, 1, 2, 2};
  // group 1: mean 0.5, deviation sqrt(0.5); group 2: equal
  const double group = 0.5 / (std::sqrt(0.5) + 1e-4);
  EXPECT_THAT(GroupAdvantages(rewards, 2, AdvantageScale::kGroup).values,
              ElementsAre(DoubleNear(-group, 1e-12), DoubleNear(group, 1e-12), 0, 0));
  EXPECT_THAT(GroupAdvantages(rewards, 2, AdvantageScale::kNone).values,
              ElementsAre(-0.5, 0.5, 0, 0));
  // all: mean 1.25, squares 1.5625 + 0.0625 + 0.5625 + 0.5625 = 2.75
  const double batch = 0.5 / (std::sqrt(2.75 / 3) + 1e-4);
  EXPECT_THAT(GroupAdvantages(rewards, 2, AdvantageScale::kBatch).values,
              ElementsAre(DoubleNear(-batch, 1e-12), DoubleNear(batch, 1e-12), 0, 0));
}

TEST(AdvantagesTest, EqualRewardsAreCountedAndTeachNothingWhateverTheirMeanRoundsTo) {
  const Advantages advantages =
      GroupAdvantages(std::vector<double>(7, 0.1), 7, AdvantageScale::kGroup);
  EXPECT_EQ(advantages.groups, 1);
  EXPECT_EQ(advantages.zero_groups, 1);
  EXPECT_THAT(advantages.values, Each(0.0));
}

TEST(AdvantagesTest, AGroupSumsToZeroAndIgnoresAShift) {
  Random random(3);
  for (int round = 0; round < 200; ++round) {
    const size_t size = 2 + random.Below(9);
    std::vector<double> rewards(size), shifted(size);
    for (size_t i = 0; i < size; ++i) {
      rewards[i] = random.Uniform();
      shifted[i] = rewards[i] + 5;
    }
    for (const auto scale :
         {AdvantageScale::kGroup, AdvantageScale::kBatch, AdvantageScale::kNone}) {
      const auto size_of_group = static_cast<int64_t>(size);
      const auto values = GroupAdvantages(rewards, size_of_group, scale).values;
      const auto moved = GroupAdvantages(shifted, size_of_group, scale).values;
      double sum = 0;
      for (size_t i = 0; i < size; ++i) {
        sum += values[i];
        EXPECT_NEAR(moved[i], values[i], 1e-9);
      }
      EXPECT_NEAR(sum, 0, 1e-9);
    }
  }
}

}  // namespace
}  // namespace gre
