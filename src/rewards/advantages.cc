#include "rewards/advantages.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/check.h"

namespace gre {
namespace {

constexpr double kEpsilon = 1e-4;

double Mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double SampleDeviation(std::span<const double> values) {
  if (values.size() < 2) return 0;
  const double mean = Mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

}  // namespace

Advantages GroupAdvantages(std::span<const double> rewards, int64_t group_size,
                           AdvantageScale scale) {
  GRE_CHECK(group_size >= 1 && rewards.size() % static_cast<size_t>(group_size) == 0);
  Advantages advantages;
  const double batch_deviation = scale == AdvantageScale::kBatch ? SampleDeviation(rewards) : 0;
  for (size_t begin = 0; begin < rewards.size(); begin += static_cast<size_t>(group_size)) {
    const auto group = rewards.subspan(begin, static_cast<size_t>(group_size));
    ++advantages.groups;
    if (std::ranges::all_of(group, [&](double reward) { return reward == group.front(); })) {
      // rounding of the mean must not make a difference where there is none
      ++advantages.zero_groups;
      advantages.values.insert(advantages.values.end(), group.size(), 0.0);
      continue;
    }
    const double mean = Mean(group);
    double divisor = 1;
    if (scale == AdvantageScale::kGroup) divisor = SampleDeviation(group) + kEpsilon;
    if (scale == AdvantageScale::kBatch) divisor = batch_deviation + kEpsilon;
    for (const double reward : group) advantages.values.push_back((reward - mean) / divisor);
  }
  return advantages;
}

}  // namespace gre
