#include "rewards/policy_alarms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gre {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr PolicyStatistics kHealthy = {
    .reward = 0.5, .format = 0.9, .zero_advantage = 0.1, .truncated = 0, .entropy = 1, .kl = 0.1};

std::vector<std::string> Repeat(PolicyAlarms& alarms, const PolicyStatistics& statistics,
                                int updates) {
  std::vector<std::string> all;
  for (int i = 0; i < updates; ++i) {
    for (std::string& text : alarms.Observe(statistics)) all.push_back(std::move(text));
  }
  return all;
}

// What is said of fifteen healthy updates and fifteen of the other kind after them.
std::vector<std::string> SaidOf(const PolicyStatistics& ill) {
  PolicyAlarms alarms;
  EXPECT_THAT(Repeat(alarms, kHealthy, 15), IsEmpty());
  return Repeat(alarms, ill, 15);
}

// A regression: updates whose groups are all flat were not shown to the alarms at all.
TEST(PolicyAlarmsTest, UpdatesThatTaughtNothingCount) {
  PolicyStatistics nothing = kHealthy;
  nothing.zero_advantage = 1;
  nothing.learnt = false;
  nothing.entropy = 0;
  EXPECT_THAT(SaidOf(nothing), ElementsAre(HasSubstr("grpo.resample")));
}

TEST(PolicyAlarmsTest, EachTroubleIsSaidOnceWhenItBegins) {
  PolicyStatistics ill = kHealthy;
  ill.zero_advantage = 0.8;
  EXPECT_THAT(SaidOf(ill), ElementsAre(HasSubstr("grpo.resample")));
  ill = kHealthy;
  ill.entropy = 0.01;
  EXPECT_THAT(SaidOf(ill), ElementsAre(HasSubstr("entropy fell from 1.000")));
  ill = kHealthy;
  ill.kl = 3;
  EXPECT_THAT(SaidOf(ill), ElementsAre(HasSubstr("KL")));
  ill = kHealthy;
  ill.mismatch = 0.6;
  EXPECT_THAT(SaidOf(ill), ElementsAre(HasSubstr("0.060 nats a token from the trainer's")));
  ill = kHealthy;
  ill.ratio = 0.7;
  EXPECT_THAT(SaidOf(ill), ElementsAre(HasSubstr("rollouts.logprobs")));
  ill = kHealthy;
  ill.truncated = 0.9;
  ill.format = 0.1;
  EXPECT_THAT(SaidOf(ill), ::testing::UnorderedElementsAre(HasSubstr("max_new_tokens"),
                                                           HasSubstr("keep the form")));
}

TEST(PolicyAlarmsTest, ATroubleThatComesBackIsSaidAgain) {
  PolicyAlarms alarms;
  PolicyStatistics ill = kHealthy;
  ill.zero_advantage = 0.9;
  EXPECT_EQ(Repeat(alarms, ill, 12).size(), 1U);
  EXPECT_THAT(Repeat(alarms, kHealthy, 12), IsEmpty());
  EXPECT_EQ(Repeat(alarms, ill, 12).size(), 1U);
}

TEST(PolicyAlarmsTest, AFlatRewardIsSaidAfterFiftyUpdates) {
  PolicyAlarms alarms;
  EXPECT_THAT(Repeat(alarms, kHealthy, 59), IsEmpty());
  EXPECT_THAT(Repeat(alarms, kHealthy, 1), ElementsAre(HasSubstr("flat at 0.500")));
}

}  // namespace
}  // namespace gre
