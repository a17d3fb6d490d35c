#include "rewards/rewards.h"

#include <cmath>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace gre {
namespace {

TEST(DistanceReward, HasItsPublishedValues) {
  EXPECT_EQ(DistanceReward(0, 25), 1);
  EXPECT_NEAR(DistanceReward(2.5, 25), 0.9500, 5e-5);
  EXPECT_NEAR(DistanceReward(25, 25), 0.5379, 5e-5);
  EXPECT_NEAR(DistanceReward(75, 25), 0.0949, 5e-5);
  EXPECT_NEAR(DistanceReward(250, 25), 9.08e-5, 5e-8);
}

// The published reward raises an overflow for distance / theta above about 709.
TEST(DistanceReward, FarGuessesAtSmallThetaDoNotOverflow) {
  EXPECT_EQ(DistanceReward(20004, 1), 0);
  EXPECT_EQ(DistanceReward(20004, 1e-300), 0);
  double previous = 2;
  for (double distance_km = 0; distance_km < 700; distance_km += 7) {
    const double reward = DistanceReward(distance_km, 1);
    EXPECT_LT(reward, previous);
    EXPECT_GT(reward, 0);
    previous = reward;
  }
}

// The published reward read coordinates swapped, so that exact answers scored 0.
TEST(GeoReward, ExactAnswersScoreOneInEveryOrderThatIsLabelled) {
  const LatLng truth{40.75, -73.99};
  for (const std::string answer :
       {"40.75, -73.99", R"("Longitude": -73.99, "Latitude": 40.75)", "73.99 W, 40.75 N"}) {
    EXPECT_EQ(GeoReward("<think>t</think><answer>" + answer + "</answer>", truth, 1), 1) << answer;
  }
  EXPECT_EQ(GeoReward("40.75, -73.99", truth, 1), 0) << "no answer block";
}

TEST(FormatReward, IsAFullMatch) {
  EXPECT_EQ(FormatReward("<think>a</think>\n \t<answer>b</answer>"), 1);
  EXPECT_EQ(FormatReward("<think></think><answer></answer>"), 1);
  EXPECT_EQ(FormatReward("<think>a</think> b </think><answer>c</answer>"), 1);
  EXPECT_EQ(FormatReward(" <think>a</think><answer>b</answer>"), 0);
  EXPECT_EQ(FormatReward("<think>a</think><answer>b</answer>\n"), 0);
  EXPECT_EQ(FormatReward("<think>a</think> so <answer>b</answer>"), 0);
  EXPECT_EQ(FormatReward("<think>a</think><answer></answe"), 0);
  EXPECT_EQ(FormatReward(""), 0);
}

// Substring rules once let any verdict score, and found "no" in "north".
TEST(JudgeReward, NeedsTheExactVerdict) {
  const auto reward = [](const std::string& verdict, bool label) {
    return JudgeReward("<think>t</think><answer>" + verdict + "</answer>", label);
  };
  EXPECT_EQ(reward("True", true), 1);
  EXPECT_EQ(reward("Truth.", true), 1);
  EXPECT_EQ(reward("north", false), 0);
  EXPECT_EQ(reward("no..", false), 0);
  EXPECT_EQ(reward("", true), 0);
  EXPECT_EQ(JudgeReward("True", true), 0);
}

}  // namespace
}  // namespace gre
