#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "geo/lat_lng.h"

namespace gre {

// The parts of which a completion's reward is the weighted sum.
enum class RewardPart { kJudge, kDistance, kFormat, kChain };
inline constexpr std::array kRewardParts = {RewardPart::kJudge, RewardPart::kDistance,
                                            RewardPart::kFormat, RewardPart::kChain};
std::string_view RewardPartName(RewardPart part);  // "judge", "distance", "format", "chain"

// A value for each part.
struct RewardParts {
  std::array<double, kRewardParts.size()> values = {};

  double& operator[](RewardPart part) { return values[static_cast<size_t>(part)]; }
  double operator[](RewardPart part) const { return values[static_cast<size_t>(part)]; }
};

// What is known of a record; a part without its truth is 0.
struct RewardTruth {
  std::optional<bool> label;       // of the judged chain
  std::optional<LatLng> point;     // where the photo was taken
  std::span<const LatLng> places;  // without a point: places all over its country
};

// Of a photo of which only the country is known, DistanceReward tells points inside it apart by no
// more than this theta: finer, it would reward the nearness to places that say nothing.
inline constexpr double kLeastCountryThetaKm = 750;

// The parts of one completion's reward, each from 0 to 1:
//   judge     JudgeReward
//   distance  0 where theta_km is 0; GeoReward; of a country its mean over `places`, theta no finer
//   than
//             kLeastCountryThetaKm
//   format    FormatReward
//   chain     1 where the answer is a point that no step of the chain contradicts
//             (FindContradictions), else 0
// Pure, thread-safe, total.
RewardParts ScoreCompletion(std::string_view completion, const RewardTruth& truth, double theta_km);

// Their sum with weights.
double WeightedReward(const RewardParts& parts, const RewardParts& weights);

}  // namespace gre
