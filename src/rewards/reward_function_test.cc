#include "rewards/reward_function.h"

#include <gtest/gtest.h>

#include "geo/geodesic.h"
#include "rewards/rewards.h"

namespace gre {
namespace {

constexpr LatLng kParis = {48.8566, 2.3522};
constexpr char kFrench[] =
    "<think>\n1. [text/language] A sign -> French => France\n</think>\n<answer>48.86, "
    "2.35</answer>";

TEST(RewardFunctionTest, EachPartFollowsItsRule) {
  RewardTruth truth;
  truth.point = kParis;
  const RewardParts right = ScoreCompletion(kFrench, truth, 25);
  EXPECT_EQ(right[RewardPart::kJudge], 0);
  EXPECT_DOUBLE_EQ(right[RewardPart::kDistance], GeoReward(kFrench, kParis, 25));
  EXPECT_GT(right[RewardPart::kDistance], 0.98);
  EXPECT_EQ(right[RewardPart::kFormat], 1);
  EXPECT_EQ(right[RewardPart::kChain], 1);

  const RewardParts contradictory = ScoreCompletion(
      "<think>\n1. [text/language] A sign -> French => France\n</think>\n<answer>35.7, "
      "139.7</answer>",
      truth, 25);
  EXPECT_LT(contradictory[RewardPart::kDistance], 1e-9);
  EXPECT_EQ(contradictory[RewardPart::kChain], 0);

  const RewardParts silent = ScoreCompletion("cannot tell", truth, 25);
  for (const double value : silent.values) EXPECT_EQ(value, 0);

  RewardTruth judged;
  judged.label = false;
  EXPECT_EQ(
      ScoreCompletion("<think>x</think><answer>False</answer>", judged, 25)[RewardPart::kJudge], 1);
  EXPECT_EQ(
      ScoreCompletion("<think>x</think><answer>True</answer>", judged, 25)[RewardPart::kJudge], 0);
}

TEST(RewardFunctionTest, ACountryIsTheMeanOverItsPlacesAndNoFinerThanItsLeastTheta) {
  const LatLng places[] = {kParis, {43.3, 5.4}};
  RewardTruth truth;
  truth.places = places;
  const LatLng answer = {48.86, 2.35};
  const double expected = (DistanceReward(GeodesicDistanceKm(answer, places[0]), 750) +
                           DistanceReward(GeodesicDistanceKm(answer, places[1]), 750)) /
                          2;
  EXPECT_DOUBLE_EQ(ScoreCompletion(kFrench, truth, 25)[RewardPart::kDistance], expected);
  EXPECT_GT(ScoreCompletion(kFrench, truth, 2500)[RewardPart::kDistance], expected);
}

TEST(RewardFunctionTest, WeightsMakeTheSum) {
  RewardParts parts, weights;
  parts.values = {1, 0.5, 1, 0};
  weights.values = {0, 2, 0.25, 1};
  EXPECT_DOUBLE_EQ(WeightedReward(parts, weights), 1.25);
}

}  // namespace
}  // namespace gre
