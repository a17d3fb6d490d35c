#include <algorithm>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "rewards/rewards.h"
#include "support/golden_test.h"

namespace gre {
namespace {

using RewardsGolden = testing::GoldenTest;
GRE_INSTANTIATE_GOLDENS(RewardsGolden);

TEST_P(RewardsGolden, MeetsTheReferenceRewards) {
  const Result<Json> file = ReadJsonFile(folder() + "/rewards/cases.json");
  ASSERT_TRUE(file.ok()) << file.error().message;
  const Json& rewards = file->at("rewards");
  ASSERT_GE(rewards.size(), 100u);
  for (const Json& expected : rewards) {
    const std::string completion = expected.at("completion");
    const LatLng truth{expected.at("truth")[0].get<double>(),
                       expected.at("truth")[1].get<double>()};
    const double reward = expected.at("geo_reward");
    EXPECT_NEAR(GeoReward(completion, truth, expected.at("theta_km")), reward,
                std::clamp(1e-6 * reward, 1e-300, 1e-9))
        << completion;
    EXPECT_EQ(FormatReward(completion), expected.at("format_reward").get<double>()) << completion;
  }
  const Json& verdicts = file->at("judge");
  ASSERT_GE(verdicts.size(), 9u);
  for (const Json& expected : verdicts) {
    const auto label = ParseVerdict(expected.at("label").get<std::string>());
    ASSERT_TRUE(label);
    EXPECT_EQ(JudgeReward(expected.at("completion").get<std::string>(), *label),
              expected.at("reward").get<double>())
        << expected.dump();
  }
}

}  // namespace
}  // namespace gre
