#include "rewards/theta_curriculum.h"

#include <gtest/gtest.h>

namespace gre {
namespace {

TEST(ThetaCurriculumTest, TightensOnlyAfterTheRewardHeldAndNeverBelowTheLast) {
  ThetaCurriculum curriculum(
      {.first_km = 1000, .last_km = 300, .factor = 0.5, .level = 0.6, .hold = 3, .smoothing = 0});
  EXPECT_FALSE(curriculum.Observe(0.7));
  EXPECT_FALSE(curriculum.Observe(0.7));
  EXPECT_FALSE(curriculum.Observe(0.5));  // begins to count anew
  EXPECT_FALSE(curriculum.Observe(0.7));
  EXPECT_FALSE(curriculum.Observe(0.7));
  EXPECT_TRUE(curriculum.Observe(0.7));
  EXPECT_EQ(curriculum.theta_km(), 500);
  for (int i = 0; i < 3; ++i) curriculum.Observe(0.9);
  EXPECT_EQ(curriculum.theta_km(), 300);
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(curriculum.Observe(0.9));
}

TEST(ThetaCurriculumTest, AStateThatWasKeptGoesOnTheSame) {
  const ThetaCurriculum::Settings settings = {
      .first_km = 2500, .last_km = 25, .factor = 0.7, .level = 0.4, .hold = 4};
  ThetaCurriculum whole(settings), first(settings);
  const auto reward = [](int i) { return 0.3 + 0.05 * (i % 5); };
  for (int i = 0; i < 40; ++i) whole.Observe(reward(i));
  for (int i = 0; i < 17; ++i) first.Observe(reward(i));
  ThetaCurriculum second(settings);
  second.set_state(first.state());
  for (int i = 17; i < 40; ++i) second.Observe(reward(i));
  EXPECT_EQ(second.theta_km(), whole.theta_km());
  EXPECT_EQ(second.state().smoothed, whole.state().smoothed);
}

}  // namespace
}  // namespace gre
