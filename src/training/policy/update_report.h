#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "rewards/policy_alarms.h"
#include "rewards/reward_function.h"
#include "training/policy/importance_correction.h"
#include "training/policy/rollouts.h"

namespace gre {

// Sums over the passes of an update.
struct UpdateSums {
  double loss = 0;             // mean over the iterations
  double kl = 0, entropy = 0;  // over `tokens`, of the first iteration
  // Of the trainer's log-probabilities and the engine's, first iteration; may be unknown.
  std::optional<Mismatch> mismatch = Mismatch();
  int64_t tokens = 0;                         // that something was learnt from
  int64_t token_passes = 0;                   // the same over all iterations
  int64_t clipped_low = 0, clipped_high = 0;  // of token_passes
  double gradient_norm = 0, learning_rate = 0;
};

// What an update of reinforcement learning showed.
struct UpdateReport {
  int64_t update = 0, updates = 0;      // this one, and how many the run has
  int64_t flat_groups = 0, groups = 0;  // without spread, of all that were drawn
  double theta_km = 0;
  double rollout_seconds = 0, seconds = 0;
  UpdateSums sums;
  bool served = false;          // completions of a server
  int64_t different_texts = 0;  // which it told otherwise than their tokens read
  // Filled by SummariseUpdate.
  PolicyStatistics statistics;
  RewardParts means, deviations;
  double mean_tokens = 0;                             // a completion
  int64_t longest_tokens = 0, completion_tokens = 0;  // of one, of all
};

// Adds what the groups tell: rewards, lengths, shares.
UpdateReport SummariseUpdate(const std::vector<RolloutGroup>& groups, UpdateReport report);

// A line for people, and one for log.jsonl; parts whose weight is 0 are left out. What an update
// cannot know, because nothing was learnt from or the engine does not tell, is null.
std::string UpdateLine(const UpdateReport& report, const RewardParts& weights,
                       const std::string& memory);
nlohmann::ordered_json UpdateJson(const UpdateReport& report, const RewardParts& weights);
// A group's completions with what they earned.
nlohmann::ordered_json RolloutJson(const RolloutGroup& group, int64_t update,
                                   const RewardParts& weights);

}  // namespace gre
