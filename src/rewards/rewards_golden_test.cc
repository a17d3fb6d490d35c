#include <algorithm>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "rewards/rewards.h"

namespace gre {
namespace {

TEST(RewardsGolden, MeetsTheReferenceRewards) {
  const char* goldens = std::getenv("GRE_GOLDENS");
  if (goldens == nullptr) GTEST_SKIP() << "GRE_GOLDENS is not set: no reference rewards";
  const Result<Json> file = ReadJsonFile(std::string(goldens) + "/rewards/cases.json");
  ASSERT_TRUE(file.ok()) << file.error().message;
  const Json& rewards = file->at("rewards");
  ASSERT_EQ(rewards.size(), 352u);
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
  ASSERT_EQ(verdicts.size(), 13u);
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
