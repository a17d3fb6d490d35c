#include "rewards/reward_function.h"

#include <algorithm>

#include "geo/geodesic.h"
#include "reasoning/answer_parser.h"
#include "reasoning/chain.h"
#include "reasoning/contradictions.h"
#include "rewards/rewards.h"

namespace gre {
namespace {

double CountryReward(const LatLng& answer, std::span<const LatLng> places, double theta_km) {
  const double theta = std::max(theta_km, kLeastCountryThetaKm);
  double sum = 0;
  for (const LatLng& place : places) {
    sum += DistanceReward(GeodesicDistanceKm(answer, place), theta);
  }
  return sum / static_cast<double>(places.size());
}

}  // namespace

std::string_view RewardPartName(RewardPart part) {
  switch (part) {
    case RewardPart::kJudge:
      return "judge";
    case RewardPart::kDistance:
      return "distance";
    case RewardPart::kFormat:
      return "format";
    case RewardPart::kChain:
      break;
  }
  return "chain";
}

RewardParts ScoreCompletion(std::string_view completion, const RewardTruth& truth,
                            double theta_km) {
  RewardParts parts;
  if (truth.label) parts[RewardPart::kJudge] = JudgeReward(completion, *truth.label);
  parts[RewardPart::kFormat] = FormatReward(completion);
  const ParsedAnswer answer = ParseReply(completion, {.require_block = true});
  if (!answer.point) return parts;
  if (theta_km <= 0) {
    // no theta: distance is not asked for
  } else if (truth.point) {
    const double distance_km = GeodesicDistanceKm(*answer.point, *truth.point);
    parts[RewardPart::kDistance] = DistanceReward(distance_km, theta_km);
  } else if (!truth.places.empty()) {
    parts[RewardPart::kDistance] = CountryReward(*answer.point, truth.places, theta_km);
  }
  const bool consistent = FindContradictions(ParseChain(completion), *answer.point).empty();
  parts[RewardPart::kChain] = consistent ? 1 : 0;
  return parts;
}

double WeightedReward(const RewardParts& parts, const RewardParts& weights) {
  double sum = 0;
  for (const RewardPart part : kRewardParts) sum += weights[part] * parts[part];
  return sum;
}

}  // namespace gre
